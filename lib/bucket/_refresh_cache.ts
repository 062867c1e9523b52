import type { Datastore, FolderParts } from "../datastore/mod.ts";
import { CancelledError, ConflictError, LockedError, PbsError } from "../errors/mod.ts";
import { isSafeName, type TaskLog } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { TREES } from "./_cache_folder.ts";
import type { PendingRefresh } from "./_pending_refresh.ts";
import { uploadLost } from "./_upload_lost.ts";
import type { BucketKeys } from "./bucket_keys.ts";

/** Objects that are fetched at a time. */
const FETCHES_AT_ONCE = 16;
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** How to refresh a cache. */
export interface RefreshOptions {
  /**
   * Whether files that the cache has and the bucket has lost are brought back first; otherwise they are forgotten.
   * Default false.
   */
  readonly uploadLost?: boolean | undefined;
  readonly log?: TaskLog;
  readonly signal?: AbortSignal;
}

/** Amount that a refresh has moved. */
export interface RefreshResult {
  readonly files: number;
  readonly bytes: number;
  /** Files that were brought back into the bucket. */
  readonly uploaded: number;
}

/** Everything that a refresh works with. */
export interface RefreshParts {
  readonly objects: ObjectStore;
  readonly keys: BucketKeys;
  readonly folder: FolderParts;
  readonly pending: PendingRefresh;
  readonly datastore: Datastore;
}

/**
 * Fetches everything but the chunks from the bucket and puts it in place of what is in the cache (spec:
 * s3-datastore.md §10.4). Until that has succeeded nothing else may be changed, also after a crash.
 *
 * @throws {LockedError} if somebody writes to the datastore or collects garbage.
 * @throws {ConflictError} if lost files are to be brought back from a cache that may be incomplete itself.
 * @throws {CancelledError} if it was asked to stop; the old content is still in place then.
 */
export async function refreshCache(
  parts: RefreshParts,
  { log = () => {}, signal, ...options }: RefreshOptions,
): Promise<RefreshResult> {
  const { folder, pending, datastore } = parts;
  using _lock = await folder.processLock.acquireExclusive();
  if (folder.processLock.oldestWriter() !== undefined) {
    throw new LockedError(`datastore "${folder.path}" is locked: somebody writes to it`);
  }
  let uploaded = 0;
  if (options.uploadLost) {
    pending.requireNone();
    log("looking for files of the cache that the bucket has lost");
    uploaded = await uploadLost({ ...parts, local: folder.files }, datastore, { log, signal });
    log(`uploaded ${uploaded} files`);
  }
  // From here on nobody begins to write.
  pending.begin();
  const temporary = Deno.makeTempDirSync({ dir: folder.path, prefix: "tmp_" });
  try {
    prepareFolder(parts, temporary);
    log(
      `fetching the contents of datastore "${parts.keys.name}" from ${parts.objects.displayName}`,
    );
    const result = { ...await fetchAll(parts, temporary, signal), uploaded };
    using writes = folder.files.watchWrites();
    await writes.sync();
    for (const name of TREES) putInPlace(folder.path, temporary, name);
    await writes.sync();
    pending.end();
    log(`fetched ${result.files} files, ${result.bytes} bytes`);
    return result;
  } finally {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
}

async function fetchAll(
  parts: RefreshParts,
  temporary: string,
  signal: AbortSignal | undefined,
): Promise<Omit<RefreshResult, "uploaded">> {
  const { keys, objects } = parts;
  let [files, bytes] = [0, 0];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const fetch = async (key: string, path: string) => {
    const object = await objects.get(key, undefined, signal);
    // Removed since it was listed, by nobody of ours.
    if (object === undefined) {
      throw new ConflictError(`object "${key}" vanished during the refresh`);
    }
    const target = `${temporary}/${path}`;
    await Deno.writeFile(target, object.content, { mode: FILE_MODE, createNew: true });
    applyFileRules(parts, target);
    files++;
    bytes += object.content.length;
  };
  try {
    for await (const page of objects.list(keys.contents, signal)) {
      for (const { key } of page.objects) {
        if (signal?.aborted) throw new CancelledError("the refresh was stopped");
        const path = pathOf(keys, key);
        const folder = path.slice(0, path.lastIndexOf("/"));
        makeFolders(parts, temporary, folder);
        if (path.endsWith("/.namespace") && keys.isNamespace(folder)) continue;
        const work = fetch(key, path).catch((error) => void failures.push(error))
          .finally(() => running.delete(work));
        running.add(work);
        if (running.size >= FETCHES_AT_ONCE) await Promise.race(running);
        if (failures.length > 0) throw failures[0];
      }
    }
  } finally {
    await Promise.allSettled(running);
  }
  if (failures.length > 0) throw failures[0];
  return { files, bytes };
}

/**
 * The path of a file from its key.
 *
 * @throws {PbsError} if it leads elsewhere, or lies where no file of a datastore does.
 */
function pathOf(keys: BucketKeys, key: string): string {
  const path = key.slice(keys.contents.length);
  const components = path.split("/");
  const isSound = components.length > 1 && TREES.includes(components[0]!) &&
    components.every((part) => isComponent(part));
  if (isSound) return path;
  throw new PbsError(
    `object ${
      JSON.stringify(key)
    } is not that of a file of a datastore: look where it comes from and remove it`,
  );
}

function isComponent(part: string): boolean {
  if (isSafeName(part)) return true;
  // Times have colons, and a few names begin with a dot.
  return /^[A-Za-z0-9_.][A-Za-z0-9_.:-]{0,254}$/.test(part) && part !== "." && part !== "..";
}

function makeFolders(parts: RefreshParts, temporary: string, folder: string): void {
  let path = temporary;
  for (const name of folder.split("/")) {
    path += `/${name}`;
    try {
      Deno.mkdirSync(path, { mode: FOLDER_MODE });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw error;
    }
    parts.folder.newFileRules.applyToFolder(path, FOLDER_MODE);
  }
}

function prepareFolder(parts: RefreshParts, path: string): void {
  parts.folder.newFileRules.applyToFolder(path, FOLDER_MODE);
}

function applyFileRules({ folder: { newFileRules } }: RefreshParts, path: string): void {
  const { owner } = newFileRules;
  if (owner !== undefined) Deno.chownSync(path, owner.uid, owner.gid);
  Deno.chmodSync(path, FILE_MODE);
}

/** Between the two renames one tree is missing, which the note about the refresh tells of. */
function putInPlace(root: string, temporary: string, name: string): void {
  const isThere = rename(`${root}/${name}`, `${temporary}/old-${name}`);
  const isNew = rename(`${temporary}/${name}`, `${root}/${name}`);
  if (isThere && !isNew) Deno.mkdirSync(`${root}/${name}`, { mode: FOLDER_MODE });
}

function rename(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
