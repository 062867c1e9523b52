import { ChunkPipeline, type FinishedChunk } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { PbsError } from "../errors/mod.ts";

/** Encodes single chunks on native threads, as a backup does. */
export class ChunkEncoder implements Disposable {
  readonly #pipeline: ChunkPipeline;

  /** @param crypt Absent for chunks that are not encrypted. */
  constructor(crypt: CryptConfig | undefined) {
    this.#pipeline = new ChunkPipeline({ memoryBudgetBytes: 64 * 1024 * 1024, crypt });
  }

  /**
   * Encodes a chunk. Several calls may be pending.
   *
   * @param plain 1 byte to 16 MiB; copied before the call returns.
   * @returns It has no blob if an equal one came before it.
   */
  async encode(plain: Uint8Array): Promise<FinishedChunk> {
    using stream = this.#pipeline.openStream({
      kind: "fixed",
      chunkSizeBytes: plain.byteLength,
    });
    stream.write(plain);
    const ended = stream.end();
    ended.catch(() => {});
    const [chunk] = await stream.next() ?? [];
    await ended;
    if (chunk === undefined) throw new PbsError("the chunk pipeline has lost a chunk");
    await stream.next();
    return chunk;
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.#pipeline[Symbol.dispose]();
  }
}
