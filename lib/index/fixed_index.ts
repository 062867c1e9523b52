import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { checkHeader, readU64 } from "./_header.ts";
import type { ChunkIndex, DigestColumn } from "./chunk_index.ts";
import {
  DIGEST_LENGTH,
  FIXED_CHUNK_SIZE_OFFSET,
  FIXED_INDEX_MAGIC,
  FIXED_SIZE_OFFSET,
  INDEX_HEADER_LENGTH,
} from "./format.ts";

/** A fixed index: chunks of one length, only the last may be shorter. */
export class FixedIndex implements ChunkIndex {
  readonly kind = "fixed";
  readonly chunkCount: number;
  readonly #digests: Uint8Array;
  #checksum: Uint8Array | undefined;

  /** Use {@linkcode parseFixedIndex}. `chunkSize` is in bytes. */
  constructor(
    digests: Uint8Array,
    readonly name: string,
    readonly size: number,
    readonly chunkSize: number,
  ) {
    this.#digests = digests;
    this.chunkCount = digests.byteLength / DIGEST_LENGTH;
  }

  get checksum(): Uint8Array {
    this.#checksum ??= sha256(this.#digests);
    return this.#checksum;
  }

  get digests(): DigestColumn {
    return { bytes: this.#digests, offset: 0, stride: DIGEST_LENGTH, count: this.chunkCount };
  }

  digestAt(chunk: number): Uint8Array {
    const start = this.#check(chunk) * DIGEST_LENGTH;
    return this.#digests.subarray(start, start + DIGEST_LENGTH);
  }

  startOf(chunk: number): number {
    return this.#check(chunk) * this.chunkSize;
  }

  endOf(chunk: number): number {
    return Math.min((this.#check(chunk) + 1) * this.chunkSize, this.size);
  }

  findChunk(offset: number): number | undefined {
    if (!(offset >= 0 && offset < this.size)) return undefined;
    return Math.floor(offset / this.chunkSize);
  }

  #check(chunk: number): number {
    if (!(Number.isInteger(chunk) && chunk >= 0 && chunk < this.chunkCount)) {
      throw new RangeError(
        `index "${this.name}" has no chunk ${chunk}, only ${this.chunkCount} chunks`,
      );
    }
    return chunk;
  }
}

/**
 * Reads a `.fidx` file (spec: datastore-formats.md §2.2). The checksum covers neither size nor chunk
 * size: also compare the size with the manifest's.
 *
 * @param bytes The whole file; kept, not copied.
 * @param name What messages call it.
 * @throws {CorruptDataError} if length, magic, size or chunk size is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FixedIndexBuilder } from "./fixed_index_builder.ts";
 * const builder = new FixedIndexBuilder("disk.img.fidx", { size: 5, chunkSize: 4 });
 * builder.add(4, 1, new Uint8Array(32));
 * builder.add(0, 4, new Uint8Array(32));
 * const index = parseFixedIndex(builder.toBytes(), "disk.img.fidx");
 * assertEquals([index.chunkCount, index.startOf(1), index.endOf(1)], [2, 4, 5]);
 * ```
 */
export function parseFixedIndex(bytes: Uint8Array, name: string): FixedIndex {
  checkHeader(bytes, FIXED_INDEX_MAGIC, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = readU64(view, FIXED_SIZE_OFFSET);
  const chunkSize = readU64(view, FIXED_CHUNK_SIZE_OFFSET);
  if (chunkSize === undefined || chunkSize < 1 || !Number.isInteger(Math.log2(chunkSize))) {
    throw new CorruptDataError(
      `index "${name}" is damaged: chunk size ${chunkSize ?? "beyond 2^53"} is no power of two`,
    );
  }
  if (size === undefined || size < 1) {
    throw new CorruptDataError(
      `index "${name}" is damaged: size ${size ?? "beyond 2^53"} is out of range`,
    );
  }
  const expected = INDEX_HEADER_LENGTH + DIGEST_LENGTH * Math.ceil(size / chunkSize);
  if (bytes.byteLength !== expected) {
    throw new CorruptDataError(
      `index "${name}" has an unexpected length: ${bytes.byteLength} instead of ${expected} bytes`,
    );
  }
  return new FixedIndex(bytes.subarray(INDEX_HEADER_LENGTH), name, size, chunkSize);
}
