import type { BackupSnapshot, SnapshotSource } from "../repository/mod.ts";

/**
 * A damaged snapshot as it is after its repair, whether that was done or is only looked at: its files,
 * and chunks from wherever they are.
 */
export class RepairedView implements SnapshotSource {
  readonly #files = new Map<string, Uint8Array>();

  /**
   * @param source The snapshot; stays the caller's.
   * @param placed Reads a chunk that is not there yet; undefined if there is none.
   */
  constructor(
    private readonly source: SnapshotSource,
    private readonly placed: (digest: Uint8Array) => Promise<Uint8Array | undefined>,
  ) {}

  /** See {@linkcode SnapshotSource.snapshot}. */
  get snapshot(): BackupSnapshot {
    return this.source.snapshot;
  }

  /** Takes a file instead of the one that is there. */
  replace(name: string, bytes: Uint8Array): void {
    this.#files.set(name, bytes);
  }

  /** See {@linkcode SnapshotSource.readFile}. */
  async readFile(name: string): Promise<Uint8Array> {
    return this.#files.get(name) ?? await this.source.readFile(name);
  }

  /** See {@linkcode SnapshotSource.readChunk}. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    const blob = await this.placed(digest);
    if (blob === undefined) return await this.source.readChunk(digest, buffer);
    buffer(blob.byteLength).set(blob);
  }

  /** Does nothing: the source is the caller's. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
