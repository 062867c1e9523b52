import { chunkDigest } from "../blob/mod.ts";
import { bytesEqual } from "../bytes/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";

/** Zeros are cut into chunks of the largest size, which is one of these powers of two. */
const LOG2_MIN = 18;
const LOG2_MAX = 24;

/** A part of a stream with nothing but zeros, from `start` up to and without `end`; bytes. */
export interface ZeroStretch {
  readonly start: number;
  readonly end: number;
}

/** Tells by their digests which chunks of an index hold nothing but zeros, without reading them. */
export class ZeroChunks {
  readonly #digests = new Map<number, Uint8Array>();

  /**
   * @param index Of the stream.
   * @param idKey Given if its chunks are encrypted.
   */
  constructor(private readonly index: ChunkIndex, private readonly idKey?: Uint8Array) {}

  /** Stretches of zeros within a part of the stream, in order: whole chunks only. */
  within(start: number, end: number): ZeroStretch[] {
    const found: ZeroStretch[] = [];
    if (end - start < 2 ** LOG2_MIN) return found;
    const { index } = this;
    const first = index.findChunk(start) ?? index.chunkCount;
    for (let chunk = first; chunk < index.chunkCount && index.endOf(chunk) <= end; chunk++) {
      const chunkStart = index.startOf(chunk);
      if (chunkStart < start || !this.#isZero(chunk)) continue;
      const last = found.at(-1);
      if (last?.end === chunkStart) found[found.length - 1] = { ...last, end: index.endOf(chunk) };
      else found.push({ start: chunkStart, end: index.endOf(chunk) });
    }
    return found;
  }

  #isZero(chunk: number): boolean {
    const size = this.index.endOf(chunk) - this.index.startOf(chunk);
    const log2 = Math.log2(size);
    if (!Number.isInteger(log2) || log2 < LOG2_MIN || log2 > LOG2_MAX) return false;
    let digest = this.#digests.get(size);
    if (digest === undefined) {
      digest = chunkDigest(new Uint8Array(size), this.idKey);
      this.#digests.set(size, digest);
    }
    return bytesEqual(this.index.digestAt(chunk), digest);
  }
}
