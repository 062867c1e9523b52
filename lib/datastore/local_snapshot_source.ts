import type { BackupSnapshot, SnapshotSource } from "../repository/mod.ts";
import { LockedError, NotFoundError } from "../errors/mod.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { checkArchiveFileName } from "./layout.ts";
import type { HeldLock } from "./lock_folder.ts";
import { requireSnapshot } from "./snapshot_tree.ts";

/**
 * The local form of {@linkcode SnapshotSource}. Holds the snapshot's shared lock, so that it cannot
 * be removed while it is read.
 */
export class LocalSnapshotSource implements SnapshotSource {
  readonly #opened: DatastoreSnapshot;
  readonly #lock: HeldLock;

  private constructor(opened: DatastoreSnapshot, lock: HeldLock) {
    this.#opened = opened;
    this.#lock = lock;
  }

  /** See {@linkcode SnapshotSource.snapshot}. */
  get snapshot(): BackupSnapshot {
    return this.#opened.name;
  }

  /**
   * Opens a snapshot. An unfinished one that nobody is writing can be opened as well.
   *
   * @throws {NotFoundError} if there is no such snapshot.
   * @throws {LockedError} if it is being written or removed.
   */
  static async open(snapshot: DatastoreSnapshot): Promise<LocalSnapshotSource> {
    requireSnapshot(snapshot);
    const { path } = snapshot;
    let lock: HeldLock;
    try {
      lock = await snapshot.lock("shared");
    } catch (cause) {
      if (!(cause instanceof LockedError)) throw cause;
      throw new LockedError(`snapshot "${path}" is being written or removed`, { cause });
    }
    using held = new DisposableStack();
    held.use(lock);
    if (!snapshot.exists) throw new NotFoundError(`snapshot "${path}" does not exist`);
    return new LocalSnapshotSource(snapshot, held.move());
  }

  /** See {@linkcode SnapshotSource.readFile}. */
  async readFile(name: string): Promise<Uint8Array> {
    checkArchiveFileName(name);
    try {
      return await this.#opened.datastore.files.read(this.#opened.file(name));
    } catch (cause) {
      if (!(cause instanceof NotFoundError)) throw cause;
      throw new NotFoundError(`snapshot "${this.#opened.path}" has no file "${name}"`, { cause });
    }
  }

  /** See {@linkcode SnapshotSource.readChunk}. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.#opened.datastore.chunks.read(digest, buffer);
  }

  /** Lets the snapshot be removed again. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#lock[Symbol.dispose]();
    return Promise.resolve();
  }
}
