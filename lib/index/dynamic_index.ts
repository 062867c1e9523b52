import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { checkHeader, readU64 } from "./_header.ts";
import type { ChunkIndex, DigestColumn } from "./chunk_index.ts";
import {
  DYNAMIC_ENTRY_LENGTH,
  DYNAMIC_INDEX_MAGIC,
  END_OFFSET_LENGTH,
  INDEX_HEADER_LENGTH,
} from "./format.ts";

/** A dynamic index: chunks of any length, each entry with its end offset. */
export class DynamicIndex implements ChunkIndex {
  readonly kind = "dynamic";
  readonly chunkCount: number;
  readonly size: number;
  readonly #entries: Uint8Array;
  readonly #view: DataView;
  #checksum: Uint8Array | undefined;

  /** Use {@linkcode parseDynamicIndex}. */
  constructor(entries: Uint8Array, readonly name: string) {
    this.#entries = entries;
    this.#view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    this.chunkCount = entries.byteLength / DYNAMIC_ENTRY_LENGTH;
    this.size = this.#checkEnds();
  }

  get checksum(): Uint8Array {
    this.#checksum ??= sha256(this.#entries);
    return this.#checksum;
  }

  get digests(): DigestColumn {
    const [offset, stride] = [END_OFFSET_LENGTH, DYNAMIC_ENTRY_LENGTH];
    return { bytes: this.#entries, offset, stride, count: this.chunkCount };
  }

  digestAt(chunk: number): Uint8Array {
    const entry = this.#entryOffset(chunk);
    return this.#entries.subarray(entry + END_OFFSET_LENGTH, entry + DYNAMIC_ENTRY_LENGTH);
  }

  startOf(chunk: number): number {
    const entry = this.#entryOffset(chunk);
    return chunk === 0 ? 0 : readU64(this.#view, entry - DYNAMIC_ENTRY_LENGTH)!;
  }

  endOf(chunk: number): number {
    return readU64(this.#view, this.#entryOffset(chunk))!;
  }

  findChunk(offset: number): number | undefined {
    if (!(offset >= 0 && offset < this.size)) return undefined;
    let low = 0;
    let high = this.chunkCount - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (readU64(this.#view, middle * DYNAMIC_ENTRY_LENGTH)! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #entryOffset(chunk: number): number {
    if (!(Number.isInteger(chunk) && chunk >= 0 && chunk < this.chunkCount)) {
      throw new RangeError(
        `index "${this.name}" has no chunk ${chunk}, only ${this.chunkCount} chunks`,
      );
    }
    return chunk * DYNAMIC_ENTRY_LENGTH;
  }

  /** Ends must grow strictly: no chunk is empty, none begins before the last one ended. */
  #checkEnds(): number {
    let previous = 0;
    for (let chunk = 0; chunk < this.chunkCount; chunk++) {
      const end = readU64(this.#view, chunk * DYNAMIC_ENTRY_LENGTH);
      if (end === undefined) {
        throw new CorruptDataError(
          `index "${this.name}" is damaged: end offset of chunk ${chunk} is out of range`,
        );
      }
      if (end <= previous) {
        throw new CorruptDataError(
          `index "${this.name}" is damaged: chunk ${chunk} ends at ${end}, the one before it at ${previous}`,
        );
      }
      previous = end;
    }
    return previous;
  }
}

/**
 * Reads a `.didx` file (spec: datastore-formats.md §2.1).
 *
 * @param bytes The whole file; kept, not copied.
 * @param name What messages call it.
 * @throws {CorruptDataError} if length, magic or any end offset is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DynamicIndexBuilder } from "./dynamic_index_builder.ts";
 * const builder = new DynamicIndexBuilder("root.pxar.didx");
 * builder.append(0, 10, new Uint8Array(32));
 * const index = parseDynamicIndex(builder.toBytes(), "root.pxar.didx");
 * assertEquals([index.chunkCount, index.size, index.findChunk(9)], [1, 10, 0]);
 * ```
 */
export function parseDynamicIndex(bytes: Uint8Array, name: string): DynamicIndex {
  checkHeader(bytes, DYNAMIC_INDEX_MAGIC, name);
  const length = bytes.byteLength - INDEX_HEADER_LENGTH;
  if (length % DYNAMIC_ENTRY_LENGTH !== 0) {
    throw new CorruptDataError(
      `index "${name}" has an unexpected length: ${length} bytes of entries, each has ${DYNAMIC_ENTRY_LENGTH}`,
    );
  }
  return new DynamicIndex(bytes.subarray(INDEX_HEADER_LENGTH), name);
}
