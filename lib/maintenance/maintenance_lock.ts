import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag } from "../../ffi/posix_files.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import { type Datastore, MAINTENANCE_FOLDER } from "../datastore/mod.ts";
import { CorruptDataError, LockedError, NotFoundError, SystemError } from "../errors/mod.ts";
import { unlessFull } from "./_unless_full.ts";

const LOCK_FILE = "lock";
const HOLDER_FILE = "holder.json";
const LOCK_FILE_MODE = 0o660;

/** Process that maintains a datastore. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Number of its user. */
  readonly uid: number | null;
  /** Seconds since the epoch. */
  readonly since: number;
}

/**
 * Takes the lock that lets one maintenance at a time work on a datastore directory. The kernel gives it
 * back when the process ends, however it does. Where there is no folder, it is a lock of the datastore.
 *
 * @throws {LockedError} if somebody else maintains it; says who.
 */
export async function lockMaintenance(datastore: Datastore): Promise<Disposable> {
  const { files, path } = datastore;
  // Without a folder of files the locks of the datastore are what others see.
  if (datastore.newFileRules === undefined) {
    return await datastore.locks.acquire("", MAINTENANCE_FOLDER, "exclusive");
  }
  await files.makeFolder(MAINTENANCE_FOLDER);
  const name = `${path}/${MAINTENANCE_FOLDER}/${LOCK_FILE}`;
  const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.NOFOLLOW;
  const fd = openFile(name, flags, LOCK_FILE_MODE);
  if (fd < 0) throw new SystemError(-fd, `cannot open lock file "${name}": ${errnoText(-fd)}`);
  const status = lockFile(fd, "exclusive");
  if (status < 0) {
    closeFile(fd);
    if (status !== -Errno.EAGAIN) {
      throw new SystemError(-status, `cannot lock "${name}": ${errnoText(-status)}`);
    }
    const holder = await readHolder(datastore);
    throw new LockedError(`datastore "${path}" is being maintained by ${describe(holder)}`);
  }
  datastore.newFileRules?.applyToFile(fd, LOCK_FILE_MODE);
  try {
    await removeLeftovers(datastore);
    const holder: LockHolder = {
      pid: Deno.pid,
      host: Deno.hostname(),
      uid: Deno.uid(),
      since: Math.floor(Date.now() / 1000),
    };
    const text = new TextEncoder().encode(JSON.stringify(holder));
    await unlessFull(() => files.replace(`${MAINTENANCE_FOLDER}/${HOLDER_FILE}`, text));
  } catch (error) {
    closeFile(fd);
    throw error;
  }
  return {
    [Symbol.dispose]() {
      // What stays of it names somebody who has no lock any more.
      files.removeFile(`${MAINTENANCE_FOLDER}/${HOLDER_FILE}`).catch(() => {});
      closeFile(fd);
    },
  };
}

/** Files that killed runs were writing; nobody else writes here. */
async function removeLeftovers({ files }: Datastore): Promise<void> {
  for (const { name } of await files.list(MAINTENANCE_FOLDER)) {
    if (name.includes(".tmp_")) await files.removeFile(`${MAINTENANCE_FOLDER}/${name}`);
  }
}

async function readHolder({ files }: Datastore): Promise<LockHolder | undefined> {
  try {
    const bytes = await files.read(`${MAINTENANCE_FOLDER}/${HOLDER_FILE}`);
    return parseLockHolder(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof CorruptDataError) return undefined;
    throw error;
  }
}

/** Reads the text of the file that names the holder. @throws {CorruptDataError} if it is none. */
export function parseLockHolder(text: string): LockHolder {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`"${HOLDER_FILE}" is damaged: not valid JSON`, { cause });
  }
  const { pid, host, uid, since } = value ?? {};
  const isCount = (number: unknown): number is number =>
    Number.isSafeInteger(number) && (number as number) >= 0 && (number as number) < 1e11;
  if (
    !isCount(pid) || typeof host !== "string" || !/^[\w.-]{1,64}$/.test(host) || !isCount(since) ||
    (uid !== null && !isCount(uid))
  ) throw new CorruptDataError(`"${HOLDER_FILE}" is damaged`);
  return { pid, host, uid, since };
}

function describe(holder: LockHolder | undefined): string {
  if (holder === undefined) return "another process";
  const { pid, host, uid, since } = holder;
  const user = uid === null ? "" : ` of user ${uid}`;
  const time = new Date(since * 1000).toISOString().replace(".000Z", "Z");
  return `process ${pid}${user} on host "${host}" since ${time}`;
}
