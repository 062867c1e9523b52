import { setTimeout as delay } from "node:timers/promises";
import { Errno } from "../../ffi/errno.ts";
import {
  closeFile,
  makeFolder,
  openFile,
  OpenFlag,
  removeFile,
  statFile,
  statPath,
} from "../../ffi/posix_files.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import { sha256 } from "../crypto/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { LockedError } from "../errors/mod.ts";
import { escapeUnitName, namespaceComponents } from "../repository/mod.ts";
import { checkResult, systemFailure } from "./_system_failure.ts";
import { FOLDER_MODE, LOCK_FILE_MODE } from "./format.ts";
import type { NewFileRules } from "./new_file_rules.ts";

/** Two that come together may stand in each other's way for a moment without meaning it. */
const SHORT_WAIT_MS = 100;
const POLL_MS = 10;

/** Longest escaped name that is a file name of its own. */
const MAX_NAME_LENGTH = 254;

/** A lock that is held until it is disposed; giving it back may go on for a while after that. */
export type HeldLock = Disposable;

/** Named locks of a datastore: those of groups, snapshots and manifests. */
export interface DatastoreLocks {
  /**
   * Takes a lock.
   *
   * @param name `type/id`, `type/id/time` or `type/id/time/.index.json.lck`.
   * @param waitMs How long to wait for others. About nothing by default.
   * @throws {LockedError} if somebody else holds it.
   */
  acquire(
    namespace: string,
    name: string,
    mode: "shared" | "exclusive",
    waitMs?: number,
  ): Promise<HeldLock>;
}

/** Folder of lock files. */
export interface LockLocation {
  /** Absolute path of the folder. */
  readonly path: string;
  /** Whether a lock file may be deleted when nobody holds it any more. */
  readonly removable: boolean;
}

/**
 * Named locks as `flock`ed files (spec: datastore-formats.md §6.6). With several locations a lock is
 * held in all of them.
 */
export class LockFolder implements DatastoreLocks {
  /** @param locations In the order in which locks are taken. */
  constructor(readonly locations: readonly LockLocation[], readonly rules: NewFileRules) {}

  /** See {@linkcode DatastoreLocks.acquire}. */
  async acquire(
    namespace: string,
    name: string,
    mode: "shared" | "exclusive",
    waitMs = SHORT_WAIT_MS,
  ): Promise<HeldLock> {
    using held = new DisposableStack();
    for (const location of this.locations) {
      held.use(await this.#acquireIn(location, namespace, name, mode, waitMs));
    }
    return held.move();
  }

  async #acquireIn(
    location: LockLocation,
    namespace: string,
    name: string,
    mode: "shared" | "exclusive",
    waitMs: number,
  ): Promise<HeldLock> {
    const path = lockPath(location.path, namespace, name);
    const deadline = Date.now() + waitMs;
    for (;;) {
      const fd = this.#open(location.path, path);
      // Nothing can be deleted through a read-only file system, and readers need not write.
      if (mode === "shared" && (fd === -Errno.EROFS || fd === -Errno.EACCES)) return nothingHeld();
      checkResult(fd, () => `cannot open lock file "${path}"`);
      const status = lockFile(fd, mode);
      if (status === 0 && isStillAt(fd, path)) {
        return {
          [Symbol.dispose]: once(() => release(fd, location.removable ? path : undefined)),
        };
      }
      closeFile(fd);
      if (status < 0 && status !== -Errno.EAGAIN) {
        throw systemFailure(status, `cannot lock "${path}"`);
      }
      if (Date.now() >= deadline) {
        const where = namespace === "" ? "" : ` in namespace "${namespace}"`;
        throw new LockedError(`"${name}"${where} is locked: it is being used by another task`);
      }
      await delay(POLL_MS);
    }
  }

  /** Opens a lock file, creating it and the folders above it. */
  #open(root: string, path: string): number {
    const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.NOFOLLOW;
    const existing = openFile(path, OpenFlag.READ_WRITE | OpenFlag.NOFOLLOW);
    if (existing !== -Errno.ENOENT) return existing;
    let fd = openFile(path, flags, LOCK_FILE_MODE);
    if (fd === -Errno.ENOENT) {
      const status = this.#makeFolders(root, path.slice(0, path.lastIndexOf("/")));
      if (status < 0) return status;
      fd = openFile(path, flags, LOCK_FILE_MODE);
    }
    if (fd >= 0) this.rules.applyToFile(fd, LOCK_FILE_MODE);
    return fd;
  }

  #makeFolders(root: string, folder: string): number {
    const missing = [root];
    for (const part of folder.slice(root.length).split("/").slice(1)) {
      missing.push(`${missing.at(-1)}/${part}`);
    }
    for (const path of missing) {
      const status = makeFolder(path, FOLDER_MODE);
      if (status === -Errno.EEXIST) continue;
      if (status < 0) return status;
      this.rules.applyToFolder(path, FOLDER_MODE);
    }
    return 0;
  }
}

/** The file of a lock (spec: datastore-formats.md §6.6). */
export function lockPath(root: string, namespace: string, name: string): string {
  const escaped = escapeUnitName(name);
  const components = namespaceComponents(namespace);
  const folder = components.length === 0 ? root : `${root}/${components.join(":")}`;
  if (escaped.length <= MAX_NAME_LENGTH) return `${folder}/${escaped}`;
  const hash = encodeHex(sha256(new TextEncoder().encode(name)));
  return `${folder}/hashed/${escaped.slice(0, 80)}...${escaped.slice(-80)}-${hash}`;
}

/** Whether the locked file is the one at the path, not one that somebody deleted meanwhile. */
function isStillAt(fd: number, path: string): boolean {
  const [held, named] = [statFile(fd), statPath(path)];
  return typeof held !== "number" && typeof named !== "number" && held.inode === named.inode &&
    held.device === named.device;
}

function release(fd: number, path: string | undefined): void {
  // Who can get the lock exclusively now is its last holder and may delete the file: whoever has
  // opened it meanwhile notices, see isStillAt().
  if (path !== undefined && lockFile(fd, "exclusive") === 0) removeFile(path);
  closeFile(fd);
}

function nothingHeld(): HeldLock {
  return { [Symbol.dispose]() {} };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
