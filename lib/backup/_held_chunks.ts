import type { FinishedChunk } from "../chunking/mod.ts";
import { DIGEST_LENGTH } from "../index/mod.ts";
import type { ChunkPlacement, IndexWriter } from "../repository/mod.ts";

/**
 * Stores chunks of an index and holds back where they go: what comes before them in the archive is not
 * known yet. Memory is 40 bytes a chunk.
 */
export class HeldChunks implements IndexWriter {
  #digests = new Uint8Array(64 * DIGEST_LENGTH);
  readonly #starts: number[] = [];
  #sizeBytes = 0;

  constructor(private readonly writer: IndexWriter) {}

  /** Bytes of all chunks. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  putChunk(...chunk: Parameters<IndexWriter["putChunk"]>): ReturnType<IndexWriter["putChunk"]> {
    return this.writer.putChunk(...chunk);
  }

  append(chunks: readonly ChunkPlacement[]): Promise<void> {
    for (const { digest, offset } of chunks) {
      const at = this.#starts.length * DIGEST_LENGTH;
      if (at === this.#digests.length) {
        const larger = new Uint8Array(2 * at);
        larger.set(this.#digests);
        this.#digests = larger;
      }
      this.#digests.set(digest, at);
      this.#starts.push(offset);
    }
    return Promise.resolve();
  }

  close({ size }: Parameters<IndexWriter["close"]>[0]): Promise<void> {
    this.#sizeBytes = size;
    return Promise.resolve();
  }

  /**
   * The chunks, each known by now.
   *
   * @param shift What is added to their offsets.
   */
  *chunks(shift: number): Generator<FinishedChunk> {
    for (const [i, start] of this.#starts.entries()) {
      yield {
        digest: this.#digests.subarray(i * DIGEST_LENGTH, (i + 1) * DIGEST_LENGTH),
        offset: start + shift,
        size: (this.#starts[i + 1] ?? this.#sizeBytes) - start,
        known: true,
        injected: false,
        blob: undefined,
        release: () => {},
      };
    }
  }
}
