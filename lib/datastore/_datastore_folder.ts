import {
  changePathMode,
  changePathOwner,
  FileStat,
  makeFolder,
  statPath,
} from "../../ffi/posix_files.ts";
import { listFolder } from "../../ffi/posix_folder.ts";
import { effectiveIds } from "../../ffi/posix_file_system.ts";
import { Errno } from "../../ffi/errno.ts";
import { AuthError, ConflictError, NotFoundError, UsageError } from "../errors/mod.ts";
import { checkResult, runtimeFailure, systemFailure } from "./_system_failure.ts";
import { FileChunkStore, type SyncLevel } from "./file_chunk_store.ts";
import { CHUNKS_FOLDER, FOLDER_MODE, REFERENCE_OWNER } from "./format.ts";
import { type FileOwner, isRefusal, type NewFileRules } from "./new_file_rules.ts";

/** Absolute path of a datastore's folder, without symlinks. @throws {NotFoundError} if there is none. */
export function realPath(path: string): string {
  let root: string;
  try {
    root = Deno.realPathSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw notPermitted(`no permission to open datastore "${path}"`, path, cause);
    }
    const { NotADirectory, NotFound } = Deno.errors;
    if (!(cause instanceof NotFound || cause instanceof NotADirectory)) {
      // Not absent: nobody may make a new one here.
      throw runtimeFailure(cause, `cannot open datastore "${path}"`);
    }
    throw new NotFoundError(`there is no folder "${path}" for a datastore`, {
      cause,
      situation: { kind: "no-datastore", path },
    });
  }
  return root;
}

/** Chunks of a datastore's folder. */
export function openChunkStore(
  root: string,
  rules: NewFileRules,
  level: SyncLevel,
): FileChunkStore {
  try {
    return new FileChunkStore(root, rules, level);
  } catch (cause) {
    if (!(cause instanceof Error && "errno" in cause && cause.errno === Errno.EACCES)) throw cause;
    throw notPermitted(`no permission to read the chunks of datastore "${root}"`, root, cause);
  }
}

/** Error about a folder that may not be read. */
export function notPermitted(message: string, path: string, cause?: unknown): AuthError {
  return new AuthError(message, { cause, situation: { kind: "no-permission", path } });
}

/** Metadata of a datastore's folder. */
export function statRoot(root: string): FileStat {
  const stat = statPath(root);
  if (typeof stat === "number") throw systemFailure(stat, `cannot open datastore "${root}"`);
  return stat;
}

/** Makes the folder of a datastore unless it is there. @returns Its absolute path without symlinks. */
export function createRoot(path: string): string {
  const status = makeFolder(path, FOLDER_MODE);
  if (status !== -Errno.EEXIST) {
    checkResult(status, () => `cannot create datastore "${path}"`);
  }
  const root = realPath(path);
  if (root === "/") throw new UsageError(`"/" cannot be a datastore`);
  return root;
}

/**
 * Gives the root folder its owner and mode, as far as the file system lets it.
 *
 * @param insist Whether the owner was asked for.
 * @returns Lines about what it did not let.
 */
export function setUpRoot(root: string, owner: FileOwner | undefined, insist: boolean): string[] {
  const notes: string[] = [];
  const action = () => `cannot set up datastore "${root}"`;
  const mode = changePathMode(root, FOLDER_MODE);
  if (!isRefusal(mode)) checkResult(mode, action);
  if (owner === undefined) return notes;
  const status = changePathOwner(root, owner.uid, owner.gid);
  if (insist || !isRefusal(status)) checkResult(status, action);
  else {
    notes.push(
      `the file system does not let "${root}" be given to ${owner.uid}:${owner.gid}: ` +
        "a server that is to take the datastore over cannot write to it",
    );
  }
  return notes;
}

/** Whether there is a chunk store in a folder. */
export function hasChunkFolder(root: string): boolean {
  const stat = statPath(`${root}/${CHUNKS_FOLDER}`);
  return stat instanceof FileStat && stat.isDirectory;
}

/** @throws {ConflictError} if something is in a folder that is to become a datastore. */
export function checkEmpty(root: string): void {
  // First, for somebody may be filling it.
  if (hasChunkFolder(root)) {
    throw new ConflictError(`"${root}" is a datastore already`, {
      situation: { kind: "datastore-in-the-way", path: root, isDatastore: true },
    });
  }
  const names = listFolder(root);
  if (typeof names === "number") throw systemFailure(names, `cannot list "${root}"`);
  for (const { name } of names) {
    if (!name.startsWith(".") && name !== "lost+found") {
      throw new ConflictError(`"${root}" is not empty: there is "${name}"`, {
        situation: { kind: "datastore-in-the-way", path: root, isDatastore: false },
      });
    }
  }
}

/** @throws {ConflictError} if a folder lies inside a datastore. */
export function checkNotNested(root: string): void {
  for (let parent = root; parent !== "";) {
    parent = parent.slice(0, parent.lastIndexOf("/"));
    const stat = statPath(`${parent}/${CHUNKS_FOLDER}`);
    if (stat instanceof FileStat && stat.isDirectory) {
      throw new ConflictError(`"${root}" lies inside datastore "${parent || "/"}"`);
    }
  }
}

/**
 * The superuser creates for a server's user, so that a server can take the datastore over, unless
 * that number belongs to somebody else here.
 */
export function defaultOwner(): FileOwner | undefined {
  if (effectiveIds().uid !== 0) return undefined;
  let users = "";
  try {
    users = Deno.readTextFileSync("/etc/passwd");
  } catch {
    // A minimal image without users: nobody else has the number.
  }
  for (const line of users.split("\n")) {
    const [name, , uid] = line.split(":");
    if (Number(uid) === REFERENCE_OWNER.uid && uid !== "" && name !== "backup") return undefined;
  }
  return REFERENCE_OWNER;
}
