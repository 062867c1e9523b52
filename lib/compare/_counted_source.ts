import type { BackupSnapshot, Elsewhere, SnapshotSource } from "../repository/mod.ts";

/** A source that counts the chunks that are read from it; stays open when it is let go of. */
export class CountedSource implements SnapshotSource {
  #chunks = 0;

  constructor(private readonly source: SnapshotSource) {}

  /** Chunks that were read so far. */
  get chunks(): number {
    return this.#chunks;
  }

  get snapshot(): BackupSnapshot {
    return this.source.snapshot;
  }

  get elsewhere(): Elsewhere | undefined {
    return this.source.elsewhere;
  }

  async readFile(name: string): Promise<Uint8Array> {
    return await this.source.readFile(name);
  }

  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    this.#chunks++;
    await this.source.readChunk(digest, buffer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
