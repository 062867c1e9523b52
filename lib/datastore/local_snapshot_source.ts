import { type BackupSnapshot, formatSnapshotPath, type SnapshotSource } from "../repository/mod.ts";
import { LockedError, NotFoundError } from "../errors/mod.ts";
import type { Datastore } from "./datastore.ts";
import { checkArchiveFileName, joinPath, snapshotFolder } from "./layout.ts";
import type { HeldLock } from "./lock_folder.ts";
import { requireSnapshot } from "./snapshot_tree.ts";

/**
 * The local form of {@linkcode SnapshotSource}. Holds the snapshot's shared lock, so that it cannot
 * be removed while it is read.
 */
export class LocalSnapshotSource implements SnapshotSource {
  readonly #datastore: Datastore;
  readonly #folder: string;
  readonly #lock: HeldLock;

  private constructor(
    datastore: Datastore,
    folder: string,
    readonly snapshot: BackupSnapshot,
    lock: HeldLock,
  ) {
    this.#datastore = datastore;
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Opens a snapshot. An unfinished one that nobody is writing can be opened as well.
   *
   * @throws {NotFoundError} if there is no such snapshot.
   * @throws {LockedError} if it is being written or removed.
   */
  static async open(
    datastore: Datastore,
    namespace: string,
    snapshot: BackupSnapshot,
  ): Promise<LocalSnapshotSource> {
    requireSnapshot(datastore, namespace, snapshot);
    const path = formatSnapshotPath(snapshot);
    let lock: HeldLock;
    try {
      lock = await datastore.locks.acquire(namespace, path, "shared");
    } catch (cause) {
      if (!(cause instanceof LockedError)) throw cause;
      throw new LockedError(`snapshot "${path}" is being written or removed`, { cause });
    }
    using held = new DisposableStack();
    held.use(lock);
    const folder = snapshotFolder(namespace, snapshot);
    if (!datastore.files.hasFolder(folder)) {
      throw new NotFoundError(`snapshot "${path}" does not exist`);
    }
    return new LocalSnapshotSource(datastore, folder, snapshot, held.move());
  }

  /** See {@linkcode SnapshotSource.readFile}. */
  async readFile(name: string): Promise<Uint8Array> {
    checkArchiveFileName(name);
    try {
      return await this.#datastore.files.read(joinPath(this.#folder, name));
    } catch (cause) {
      if (!(cause instanceof NotFoundError)) throw cause;
      throw new NotFoundError(
        `snapshot "${formatSnapshotPath(this.snapshot)}" has no file "${name}"`,
        { cause },
      );
    }
  }

  /** See {@linkcode SnapshotSource.readChunk}. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.#datastore.chunks.read(digest, buffer);
  }

  /** Lets the snapshot be removed again. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#lock[Symbol.dispose]();
    return Promise.resolve();
  }
}
