import {
  type FileWriter,
  type FolderEntry,
  OWNER_FILE,
  type SnapshotFiles,
  type WriteWatch,
} from "../datastore/mod.ts";
import { NotFoundError, PbsError } from "../errors/mod.ts";
import { MANIFEST_BLOB_NAME } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";
import { MemoryFile } from "./_memory_file.ts";
import { ObjectTree } from "./_object_tree.ts";
import { putOnce } from "./_put_once.ts";
import { requireSharedPrefix } from "./prefix_owner.ts";
import { listAll } from "./_state.ts";
import type { Writers } from "./_writers.ts";

/** Object that stands for a namespace (spec: s3-datastore.md §3.1). */
const NAMESPACE_MARKER = ".namespace";
/** Age of the listing from which lists that nobody relies on are made anew, milliseconds. */
const STALE_MS = 30_000;
/** Folder with what verifications have found bad. */
const BAD_CHUNKS_FOLDER = ".bad-chunks";

/** Parts that the files are made of. */
export interface BucketFilesOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly writers: () => Writers;
}

/**
 * Snapshot files as objects. Looks are answered from a listing, which is made anew where something is about
 * to be relied on; contents are fetched when they are needed.
 */
export class BucketFiles implements SnapshotFiles {
  readonly #store: ObjectStore;
  readonly #keys: SharedKeys;
  readonly #options: BucketFilesOptions;
  #tree = new ObjectTree();
  #listedAt = 0;
  #refreshing: Promise<void> | undefined;
  /** Files that are being written, by path. */
  readonly #unfinished = new Map<string, MemoryFile>();
  /** Keys of files of snapshots that this process has written. */
  readonly #own = new Set<string>();

  constructor(options: BucketFilesOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#keys = options.keys;
  }

  /** Lists everything anew. */
  async refreshAll(): Promise<void> {
    const tree = new ObjectTree();
    this.#listedAt = performance.now();
    const [contents, others] = await Promise.all([
      listAll(this.#store, this.#keys.contents),
      listAll(this.#store, this.#keys.files),
    ]);
    for (const { object } of contents) {
      tree.add(object.key.slice(this.#keys.contents.length), object);
    }
    for (const { object } of others) tree.add(object.key.slice(this.#keys.files.length), object);
    this.#tree = tree;
  }

  /** Lists what lies below a folder anew. */
  async refresh(folder: string): Promise<void> {
    const found = await listAll(this.#store, `${this.#keyOf(folder)}/`);
    const wasFolder = this.#tree.hasFolder(folder);
    this.#tree.deleteTree(folder);
    if (wasFolder && found.length > 0) this.#tree.makeFolder(folder);
    const root = this.#keyOf(folder).length - folder.length;
    for (const { object } of found) this.#tree.add(object.key.slice(root), object);
  }

  /** See {@linkcode SnapshotFiles.read}. */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.#store.get(this.#keyOf(path));
    if (found !== undefined) return found.content as Uint8Array<ArrayBuffer>;
    throw new NotFoundError(
      `there is no object "${this.#keyOf(path)}" in ${this.#store.displayName}`,
    );
  }

  /** See {@linkcode SnapshotFiles.replace}. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    using joined = await this.#options.writers().join();
    const check = () => joined.session.check();
    check();
    const key = this.#keyOf(path);
    if (isPartOfSnapshot(path) && !this.#own.has(key) || this.#isNewOwner(path)) {
      // Of a run that was suspended and another one with the same time, one must not overwrite the other.
      if (!await putOnce(this.#store, key, bytes, check)) {
        throw new PbsError(`"${key}" is there already: another run writes the same snapshot`);
      }
      this.#own.add(key);
    } else {
      // Those of a server's folder do no harm whenever they come.
      if (!path.startsWith(".")) await joined.session.prepareChange();
      await this.#store.put(key, bytes, { beforeAttempt: check });
    }
    this.#note(path, bytes.length);
  }

  /** See {@linkcode SnapshotFiles.replaceDurably}: with a manifest, a snapshot becomes visible. */
  async replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
    if (!path.endsWith(`/${MANIFEST_BLOB_NAME}`)) return await this.replace(path, bytes);
    using joined = await this.#options.writers().join();
    await requireSharedPrefix(this.#store, this.#keys);
    await joined.session.decide();
    await this.#store.put(this.#keyOf(path), bytes, {
      beforeAttempt: () => joined.session.check(),
    });
    this.#note(path, bytes.length);
  }

  /** See {@linkcode SnapshotFiles.create}. */
  create(path: string): FileWriter {
    const file = new MemoryFile();
    this.#unfinished.set(path, file);
    return file;
  }

  /** See {@linkcode SnapshotFiles.rename}. */
  async rename(from: string, to: string): Promise<void> {
    const file = this.#unfinished.get(from);
    if (file === undefined) {
      using joined = await this.#options.writers().join();
      await joined.session.prepareChange();
      await this.#copy(from, to);
      await this.#store.remove(this.#keyOf(from));
      this.#tree.delete(from);
      return;
    }
    await this.replace(to, file.bytes);
    this.#unfinished.delete(from);
    // Whoever commits looks there what somebody else has found bad meanwhile.
    await this.refresh(BAD_CHUNKS_FOLDER);
  }

  /** See {@linkcode SnapshotFiles.moveFolder}. */
  async moveFolder(from: string, to: string): Promise<void> {
    using joined = await this.#options.writers().join();
    await joined.session.prepareChange();
    await this.refresh(from);
    const paths = [...this.#tree.files(from)].sort((a, b) => rankOf(a) - rankOf(b));
    // The manifest last: what is not complete must not look like it.
    for (const path of paths) {
      joined.session.check();
      await this.#copy(path, to + path.slice(from.length));
    }
    await this.removeTree(from, MANIFEST_BLOB_NAME);
  }

  /** See {@linkcode SnapshotFiles.size}. */
  size(path: string): number | undefined {
    return this.#unfinished.get(path)?.bytes.length ?? this.#tree.get(path)?.size;
  }

  /** See {@linkcode SnapshotFiles.modificationTime}. */
  modificationTime(path: string): number | undefined {
    return this.#tree.get(path)?.time;
  }

  /** See {@linkcode SnapshotFiles.stamp}. */
  stamp(path: string): string | undefined {
    return this.#tree.get(path)?.etag;
  }

  /** See {@linkcode SnapshotFiles.list}. */
  async list(folder: string): Promise<FolderEntry[]> {
    await this.#refreshIfStale();
    const entries = this.#tree.list(folder);
    if (entries !== undefined) return entries.filter(({ name }) => name !== NAMESPACE_MARKER);
    throw new NotFoundError(
      `there is nothing below "${this.#keyOf(folder)}/" in ${this.#store.displayName}`,
    );
  }

  /** See {@linkcode SnapshotFiles.hasFolder}. */
  hasFolder(folder: string): boolean {
    return this.#tree.hasFolder(folder);
  }

  /** See {@linkcode SnapshotFiles.makeFolder}. Only namespaces have an object of their own. */
  async makeFolder(folder: string): Promise<boolean> {
    if (this.#tree.hasFolder(folder)) return false;
    if (isNamespace(folder)) {
      using joined = await this.#options.writers().join();
      joined.session.check();
      const key = `${this.#keyOf(folder)}/${NAMESPACE_MARKER}`;
      await this.#store.put(key, new Uint8Array(), { ifAbsent: true });
      this.#note(`${folder}/${NAMESPACE_MARKER}`, 0);
    }
    this.#tree.makeFolder(folder);
    return true;
  }

  /** See {@linkcode SnapshotFiles.removeFile}. */
  async removeFile(path: string): Promise<boolean> {
    if (this.#unfinished.delete(path)) return true;
    if (this.#tree.get(path) === undefined) return false;
    using joined = await this.#options.writers().join();
    await joined.session.prepareChange();
    await this.#store.remove(this.#keyOf(path));
    return this.#tree.delete(path);
  }

  /** See {@linkcode SnapshotFiles.removeEmptyFolder}. */
  async removeEmptyFolder(folder: string): Promise<boolean> {
    const entries = this.#tree.list(folder);
    if (entries === undefined) return true;
    if (entries.some(({ name }) => name !== NAMESPACE_MARKER)) return false;
    await this.removeFile(`${folder}/${NAMESPACE_MARKER}`);
    this.#tree.deleteTree(folder);
    return true;
  }

  /** See {@linkcode SnapshotFiles.removeTree}. */
  async removeTree(folder: string, first?: string): Promise<void> {
    using joined = await this.#options.writers().join();
    const check = () => joined.session.check();
    await joined.session.prepareChange();
    await this.refresh(folder);
    if (first !== undefined) await this.removeFile(`${folder}/${first}`);
    const rest = [...this.#tree.files(folder)].map((path) => this.#keyOf(path));
    if (rest.length > 0) await this.#store.removeAll(rest, { beforeAttempt: check });
    this.#tree.deleteTree(folder);
  }

  /** See {@linkcode SnapshotFiles.watchWrites}: what an object store has answered is stored. */
  watchWrites(): WriteWatch {
    return { sync: () => Promise.resolve(), [Symbol.dispose]() {} };
  }

  /** Paths of all indexes, with texts that change when they do. */
  indexes(): { path: string; stamp: string }[] {
    return [...this.#tree.files("")].filter((path) => /\.[fd]idx$/.test(path))
      .map((path) => ({ path, stamp: this.#tree.get(path)!.etag }));
  }

  /** A new listing for those who look for long, such as a mounted repository; a session has its own. */
  async #refreshIfStale(): Promise<void> {
    if (this.#options.writers().current !== undefined) return;
    if (performance.now() - this.#listedAt < STALE_MS) return;
    this.#refreshing ??= this.refreshAll().finally(() => this.#refreshing = undefined);
    await this.#refreshing;
  }

  /** Whether a group gets its owner for the first time: two that make it must not overwrite each other's. */
  #isNewOwner(path: string): boolean {
    return path.endsWith(`/${OWNER_FILE}`) && this.#tree.get(path) === undefined;
  }

  async #copy(from: string, to: string): Promise<void> {
    if (!await this.#store.copy(this.#keyOf(from), this.#keyOf(to))) {
      throw new NotFoundError(`"${this.#keyOf(from)}" was removed meanwhile`);
    }
    const file = this.#tree.get(from);
    this.#note(to, file?.size ?? 0, file?.etag);
  }

  #note(path: string, size: number, etag: string = crypto.randomUUID()): void {
    this.#tree.set(path, { size, etag, time: Math.floor(Date.now() / 1000) });
  }

  /** Hidden names of the root are those of a server's local folder. */
  #keyOf(path: string): string {
    return (path.startsWith(".") ? this.#keys.files : this.#keys.contents) + path;
  }
}

/** Whether a file is written once, by the backup that makes the snapshot. */
function isPartOfSnapshot(path: string): boolean {
  return /\/[^/]+\/[^/]+Z\/[^/]+\.([fd]idx|blob)$/.test(path) &&
    !path.endsWith(`/${MANIFEST_BLOB_NAME}`);
}

/** Whether a folder is that of a namespace: `ns/` before each of its components. */
function isNamespace(folder: string): boolean {
  return /^ns\/[^/]+(\/ns\/[^/]+)*$/.test(folder);
}

function rankOf(path: string): number {
  return path.endsWith(`/${MANIFEST_BLOB_NAME}`) ? 1 : 0;
}
