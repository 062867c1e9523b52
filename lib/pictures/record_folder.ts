import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  openFile,
  OpenFlag,
  removeFile,
  removeFolder,
  renameFileNew,
  statFile,
  statPath,
  syncFileLater,
  writeNow,
} from "../../ffi/posix_files.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import { encodeHex } from "../bytes/mod.ts";
import { SystemError } from "../errors/mod.ts";
import { parsePictureRecord, type RecordedPicture, type RecordLine } from "./picture_record.ts";

const ID_BYTES = 8;
const RECORD = /^[0-9a-f]{16}\.json$/;
/** A record that is being begun, and the folder of one. */
const BEGUN = /^[0-9a-f]{16}\.new$/;
const FOLDER = /^[0-9a-f]{16}$/;
/** Whoever cleans up meanwhile can take a file that is not locked yet for one that was left. */
const TRIES = 5;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Record of the pictures of one run: a file that is locked as long as its run, or the one that cleans up
 * after it, is alive. Each line is on disk before the next step is made.
 */
export class PictureRecord implements Disposable {
  readonly #fd: number;
  #length: number;
  #isOpen = true;

  /** @param fd Descriptor with the lock; it is closed with the record. */
  constructor(readonly folder: string, readonly id: string, fd: number, length: number) {
    this.#fd = fd;
    this.#length = length;
  }

  /** Path of the file. */
  get path(): string {
    return `${this.folder}/${this.id}.json`;
  }

  /** Empty folder in which a private name space of mounts can mount. */
  get mountFolder(): string {
    return `${this.folder}/${this.id}`;
  }

  /** Adds a line and waits until it is on disk. */
  async write(line: RecordLine): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    check(writeNow(this.#fd, bytes, this.#length), () => `cannot write ${this.path}`);
    this.#length += bytes.length;
    check(await syncFileLater(this.#fd), () => `cannot write ${this.path}`);
  }

  /** Removes the record: there is nothing left of what it names. */
  remove(): void {
    removeFolder(this.mountFolder);
    removeFile(this.path);
    this[Symbol.dispose]();
  }

  /** Gives the lock back; the file stays. */
  [Symbol.dispose](): void {
    if (this.#isOpen) closeFile(this.#fd);
    this.#isOpen = false;
  }
}

/** Begins the record of a run, in a folder that is made if need be. */
export async function beginRecord(folder: string): Promise<PictureRecord> {
  Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  for (let tries = 1;; tries++) {
    const record = tryToBegin(folder, tries === TRIES);
    if (record === undefined) continue;
    try {
      await syncFolder(folder);
      return record;
    } catch (error) {
      record.remove();
      throw error;
    }
  }
}

/** @returns undefined if the file was taken for one that was left, and `isLast` is false. */
function tryToBegin(folder: string, isLast: boolean): PictureRecord | undefined {
  const id = encodeHex(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  const path = `${folder}/${id}.json`;
  const temporary = `${folder}/${id}.new`;
  const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
  const fd = check(openFile(temporary, flags, FILE_MODE), () => `cannot create ${temporary}`);
  const record = new PictureRecord(folder, id, fd, 0);
  const abandon = () => {
    removeFolder(record.mountFolder);
    removeFile(temporary);
    record[Symbol.dispose]();
  };
  try {
    // Whoever sees the name of a record sees it locked.
    const locked = lockFile(fd, "exclusive");
    if (locked === -Errno.EAGAIN && !isLast) return abandon(), undefined;
    check(locked, () => `cannot lock ${temporary}`);
    Deno.mkdirSync(record.mountFolder, { mode: FOLDER_MODE });
    const renamed = renameFileNew(temporary, path);
    if (renamed === -Errno.ENOENT && !isLast) return abandon(), undefined;
    check(renamed, () => `cannot create ${path}`);
    return record;
  } catch (error) {
    abandon();
    throw error;
  }
}

/**
 * Removes what a run has left that ended while it began its record: nothing had been made then. What a
 * run that is alive begins is locked, and stays.
 */
export function removeBegunRecords(folder: string): void {
  const names = namesIn(folder);
  for (const name of names.filter((each) => BEGUN.test(each))) {
    const path = `${folder}/${name}`;
    const fd = openFile(path, OpenFlag.READ_WRITE | OpenFlag.NOFOLLOW);
    if (fd < 0) continue;
    try {
      if (lockFile(fd, "exclusive") !== 0 || !isStillAt(fd, path)) continue;
      removeFolder(path.slice(0, -".new".length));
      removeFile(path);
    } finally {
      closeFile(fd);
    }
  }
  for (const name of names.filter((each) => FOLDER.test(each))) {
    const path = `${folder}/${name}`;
    // In this order: the one name becomes the other.
    if (isThere(`${path}.new`) || isThere(`${path}.json`)) continue;
    // Only if it is empty.
    removeFolder(path);
  }
}

function isThere(path: string): boolean {
  return statPath(path) !== -Errno.ENOENT;
}

/** A record whose run is over. */
export interface LeftRecord {
  readonly record: PictureRecord;
  readonly pictures: readonly RecordedPicture[];
}

/**
 * Records of runs that are over without having removed what they made, each locked: nobody else
 * cleans up after the same run. Records of runs that are alive are passed over.
 */
export function* leftRecords(folder: string): Generator<LeftRecord> {
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    if (!RECORD.test(name)) continue;
    const fd = openFile(path, OpenFlag.READ_WRITE | OpenFlag.NOFOLLOW);
    if (fd === -Errno.ENOENT) continue;
    check(fd, () => `cannot open ${path}`);
    if (lockFile(fd, "exclusive") !== 0 || !isStillAt(fd, path)) {
      closeFile(fd);
      continue;
    }
    // Through the descriptor that has the lock.
    const text = Deno.readTextFileSync(`/proc/self/fd/${fd}`);
    const length = new TextEncoder().encode(text).length;
    const record = new PictureRecord(folder, name.slice(0, -".json".length), fd, length);
    using _held = record;
    yield { record, pictures: parsePictureRecord(text) };
  }
}

function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function isStillAt(fd: number, path: string): boolean {
  const [held, found] = [statFile(fd), statPath(path)];
  return typeof held !== "number" && typeof found !== "number" && held.inode === found.inode &&
    held.device === found.device;
}

async function syncFolder(folder: string): Promise<void> {
  const fd = openFile(folder, OpenFlag.READ | OpenFlag.DIRECTORY);
  check(fd, () => `cannot open ${folder}`);
  try {
    check(await syncFileLater(fd), () => `cannot write ${folder}`);
  } finally {
    closeFile(fd);
  }
}

function check(result: number, what: () => string): number {
  if (result < 0) throw new SystemError(-result, `${what()}: ${errnoText(-result)}`);
  return result;
}
