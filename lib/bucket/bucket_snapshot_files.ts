import type {
  DifferingFile,
  FileSnapshotFiles,
  FileWriter,
  FolderEntry,
  SnapshotFiles,
  WriteWatch,
} from "../datastore/mod.ts";
import { CancelledError, ConflictError, NotFoundError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { compareSnapshot } from "./_compare_files.ts";
import { listKeys } from "./_list_keys.ts";
import type { BucketKeys } from "./bucket_keys.ts";

/** Copies that are under way at a time. */
const COPIES_AT_ONCE = 8;
/** How long writes into a folder that is removed may still take. */
const LONGEST_WAIT_MS = 30_000;
const PROTECTED_FILE = ".protected";

/** Everything that files in a bucket are reached through. */
export interface BucketFilesParts {
  readonly objects: ObjectStore;
  readonly keys: BucketKeys;
  /** The complete copy of them in the cache. */
  readonly local: FileSnapshotFiles;
  /** @throws {ConflictError} if the copy may be incomplete: nothing must be changed then. */
  requireComplete(): void;
}

/** A write that is under way. */
interface Writing {
  readonly path: string;
  readonly abort: AbortController;
  readonly done: Promise<unknown>;
}

/**
 * Files of a datastore in a bucket (spec: s3-datastore.md §4, §5.1, §7): read from the cache only, changed in
 * the bucket first. An index alone is in place here before it is there, so that a collection sees it.
 */
export class BucketSnapshotFiles implements SnapshotFiles {
  readonly #parts: BucketFilesParts;
  readonly #writings = new Set<Writing>();
  /** Folders that are being removed: nothing is put into them any more. */
  readonly #removing = new Set<string>();

  /** @param parts Belong to the files from here on, but for the bucket. */
  constructor(parts: BucketFilesParts) {
    this.#parts = parts;
  }

  /** See {@linkcode SnapshotFiles.read}. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#parts.local.read(path);
  }

  /** See {@linkcode SnapshotFiles.replace}. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.#upload(path, bytes);
    await this.#parts.local.replace(path, bytes);
  }

  /** See {@linkcode SnapshotFiles.replaceDurably}. */
  async replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
    await this.#upload(path, bytes);
    await this.#parts.local.replaceDurably(path, bytes);
  }

  /** See {@linkcode SnapshotFiles.create}. What is being written has no object. */
  create(path: string): FileWriter {
    return this.#parts.local.create(path);
  }

  /** See {@linkcode SnapshotFiles.rename}. */
  async rename(from: string, to: string): Promise<void> {
    const { keys, local, objects } = this.#parts;
    if (!keys.hasObject(to)) return await local.rename(from, to);
    this.#requirePlace(to);
    if (keys.hasObject(from)) {
      await this.#upload(to, await local.read(from));
      await local.rename(from, to);
      await objects.remove(keys.content(from));
      return;
    }
    // From here on it keeps its chunks from being removed.
    await local.rename(from, to);
    try {
      await this.#upload(to, await local.read(to));
    } catch (error) {
      await local.removeFile(to);
      throw error;
    }
  }

  /** See {@linkcode SnapshotFiles.moveFolder}. */
  async moveFolder(from: string, to: string): Promise<void> {
    const { keys, local, objects } = this.#parts;
    if (!keys.hasObject(from)) return await local.moveFolder(from, to);
    this.#parts.requireComplete();
    const [source, target] = [keys.folder(from), keys.folder(to)];
    const names = (await listKeys(objects, source)).map((key) => key.slice(source.length));
    // What the bucket has lost comes back this way.
    const lost = (await local.list(from)).filter(({ name, kind }) =>
      kind === "file" && keys.hasObject(`${from}/${name}`) && !names.includes(name)
    );
    try {
      await inParallel(names, async (name) => {
        if (await objects.copy(source + name, target + name)) return;
        throw new NotFoundError(`object "${source + name}" vanished while it was moved`);
      });
      for (const { name } of lost) {
        await objects.put(target + name, await local.read(`${from}/${name}`));
      }
      await local.moveFolder(from, to);
    } catch (error) {
      // What cannot be removed either is in the way of nobody who tries again.
      const copied = [...names, ...lost.map(({ name }) => name)].map((name) => target + name);
      await objects.removeAll(copied).catch(() => {});
      throw error;
    }
    await objects.removeAll(names.map((name) => source + name));
  }

  /** See {@linkcode SnapshotFiles.size}. */
  size(path: string): number | undefined {
    return this.#parts.local.size(path);
  }

  /** See {@linkcode SnapshotFiles.modificationTime}. */
  modificationTime(path: string): number | undefined {
    return this.#parts.local.modificationTime(path);
  }

  /** See {@linkcode SnapshotFiles.stamp}. */
  stamp(path: string): string | undefined {
    return this.#parts.local.stamp(path);
  }

  /** See {@linkcode SnapshotFiles.list}. */
  list(folder: string): Promise<FolderEntry[]> {
    return this.#parts.local.list(folder);
  }

  /** See {@linkcode SnapshotFiles.hasFolder}. */
  hasFolder(folder: string): boolean {
    return this.#parts.local.hasFolder(folder);
  }

  /** See {@linkcode SnapshotFiles.makeFolder}. A namespace has an object, other folders have none. */
  async makeFolder(folder: string): Promise<boolean> {
    const { keys, local, objects } = this.#parts;
    if (keys.isNamespace(folder) && !local.hasFolder(folder)) {
      this.#parts.requireComplete();
      await objects.put(keys.namespaceMarker(folder), new Uint8Array(), { ifAbsent: true });
    }
    return await local.makeFolder(folder);
  }

  /** See {@linkcode SnapshotFiles.removeFile}. */
  async removeFile(path: string): Promise<boolean> {
    const { keys, local, objects } = this.#parts;
    if (keys.hasObject(path)) {
      this.#parts.requireComplete();
      await objects.remove(keys.content(path));
    }
    return await local.removeFile(path);
  }

  /**
   * See {@linkcode SnapshotFiles.removeEmptyFolder}. The object of a namespace goes after its folder: one
   * that stays is nothing but an empty namespace.
   */
  async removeEmptyFolder(folder: string): Promise<boolean> {
    const { keys, local, objects } = this.#parts;
    if (!keys.isNamespace(folder)) return await local.removeEmptyFolder(folder);
    this.#parts.requireComplete();
    if (!await local.removeEmptyFolder(folder)) return false;
    try {
      await objects.remove(keys.namespaceMarker(folder));
    } catch (error) {
      await local.makeFolder(folder);
      throw error;
    }
    return true;
  }

  /**
   * See {@linkcode SnapshotFiles.removeTree}. The first file goes here before all else: a snapshot that is
   * finished here and not there would get a manifest there again. Writes that are under way are waited for before
   * the bucket is asked what there is, and it is asked again if one had to be ended.
   */
  async removeTree(folder: string, first?: string): Promise<void> {
    const { keys, local, objects } = this.#parts;
    if (!keys.hasObject(`${folder}/x`)) return await local.removeTree(folder, first);
    this.#parts.requireComplete();
    this.#removing.add(folder);
    const head = first === undefined ? undefined : `${folder}/${first}`;
    let taken: Uint8Array | undefined;
    try {
      let isCertain = await this.#endWritings(folder);
      if (head !== undefined && local.size(head) !== undefined) {
        taken = await local.read(head);
        await local.removeFile(head);
      }
      for (;;) {
        const found = await listKeys(objects, keys.folder(folder));
        const isHead = (key: string) => Number(head !== undefined && key === keys.content(head));
        if (found.length > 0) await objects.removeAll(found.sort((a, b) => isHead(b) - isHead(a)));
        if (isCertain || found.length === 0) break;
        isCertain = await this.#endWritings(folder);
      }
    } catch (error) {
      if (taken !== undefined) await local.replace(head!, taken);
      throw error;
    } finally {
      this.#removing.delete(folder);
    }
    await local.removeTree(folder);
  }

  /**
   * Waits for the writes into a folder, and ends those that do not come to an end. One that was ended may arrive
   * all the same.
   *
   * @returns Whether none was ended.
   */
  async #endWritings(folder: string): Promise<boolean> {
    const inside = [...this.#writings].filter(({ path }) => path.startsWith(`${folder}/`));
    let isCertain = true;
    const timer = setTimeout(() => {
      isCertain = false;
      for (const { abort } of inside) abort.abort(new CancelledError("the snapshot is removed"));
    }, LONGEST_WAIT_MS);
    await Promise.allSettled(inside.map(({ done }) => done));
    clearTimeout(timer);
    return isCertain;
  }

  /** See {@linkcode SnapshotFiles.compareOriginals}: the objects. */
  compareOriginals(folder: string): Promise<DifferingFile[]> {
    return compareSnapshot(this.#parts, folder);
  }

  /** See {@linkcode SnapshotFiles.watchWrites}: what has to reach the disk here. */
  watchWrites(): WriteWatch {
    return this.#parts.local.watchWrites();
  }

  /** Writes the object of a file, if it has one. */
  async #upload(path: string, bytes: Uint8Array): Promise<void> {
    const { keys, objects } = this.#parts;
    if (!keys.hasObject(path)) return;
    this.#requirePlace(path);
    const abort = new AbortController();
    const ifAbsent = path.endsWith(`/${PROTECTED_FILE}`);
    const done = objects.put(keys.content(path), bytes, { ifAbsent, signal: abort.signal });
    const writing = { path, abort, done };
    this.#writings.add(writing);
    try {
      await done;
      if (this.#isBeingRemoved(path)) throw removed(path);
    } finally {
      this.#writings.delete(writing);
    }
  }

  /** Without a folder here an object would be nobody's. */
  #requirePlace(path: string): void {
    this.#parts.requireComplete();
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (this.#isBeingRemoved(path)) throw removed(path);
    if (!this.#parts.local.hasFolder(folder)) {
      throw new NotFoundError(`there is no folder "${folder}" for "${path}"`);
    }
  }

  #isBeingRemoved(path: string): boolean {
    for (const folder of this.#removing) if (path.startsWith(`${folder}/`)) return true;
    return false;
  }

  /** Waits for writes that are under way. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#writings].map(({ done }) => done));
  }
}

function removed(path: string): ConflictError {
  return new ConflictError(`"${path}" cannot be written: its snapshot is being removed`);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  const ends = await Promise.allSettled(Array.from({ length: COPIES_AT_ONCE }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
