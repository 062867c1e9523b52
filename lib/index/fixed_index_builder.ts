import { concatBytes } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import { checkDigest, type IndexOrigin, writeHeader, writeU64 } from "./_header.ts";
import type { FixedIndex } from "./fixed_index.ts";
import {
  DIGEST_LENGTH,
  FIXED_CHUNK_SIZE,
  FIXED_CHUNK_SIZE_OFFSET,
  FIXED_INDEX_MAGIC,
  FIXED_SIZE_OFFSET,
  MAX_FIXED_SLOTS,
} from "./format.ts";

/** How to begin a fixed index. */
export interface FixedIndexOptions extends IndexOrigin {
  /** Size of the image in bytes; absent if it is to be found out from the chunks. */
  readonly size?: number | undefined;
  /** A power of two; 4 MiB if absent, and nothing else works with a server. */
  readonly chunkSize?: number | undefined;
}

/**
 * Builds a `.fidx` file; chunks may come in any order (spec: datastore-formats.md §2.3). Slots that
 * nobody fills hold 32 zero bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const builder = new FixedIndexBuilder("disk.img.fidx", { chunkSize: 4 });
 * builder.add(0, 4, new Uint8Array(32));
 * builder.add(4, 1, new Uint8Array(32));
 * assertEquals([builder.size, builder.chunkCount], [5, 2]);
 * ```
 */
export class FixedIndexBuilder {
  readonly chunkSize: number;
  readonly #origin: IndexOrigin;
  #digests: Uint8Array<ArrayBuffer>;
  #size: number;
  /** Whether the size can still grow. */
  #growing: boolean;
  #addedCount = 0;

  /**
   * @param name What messages call it.
   * @throws {RangeError} if size or chunk size cannot be.
   */
  constructor(readonly name: string, options: FixedIndexOptions = {}) {
    const { size, chunkSize = FIXED_CHUNK_SIZE } = options;
    if (!(Number.isSafeInteger(chunkSize) && chunkSize > 0 && isPowerOfTwo(chunkSize))) {
      throw new RangeError(`index "${name}": chunk size ${chunkSize} is no power of two`);
    }
    if (size !== undefined && !(Number.isSafeInteger(size) && size > 0)) {
      throw new RangeError(`index "${name}": an image cannot have ${size} bytes`);
    }
    this.chunkSize = chunkSize;
    this.#origin = options;
    this.#size = size ?? 0;
    this.#growing = size === undefined;
    this.#checkSlots(this.#size);
    this.#digests = new Uint8Array(this.chunkCount * DIGEST_LENGTH);
  }

  /** Size of the image as announced, or as far as the chunks reach. */
  get size(): number {
    return this.#size;
  }

  /** Number of slots. */
  get chunkCount(): number {
    return Math.ceil(this.#size / this.chunkSize);
  }

  /** How many chunks were added, counting those that went to the same slot; not prefilled ones. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /**
   * Takes over all digests of the previous index, so that only changed slots need to be added
   * (spec: datastore-formats.md §2.4).
   *
   * @throws {ConflictError} if it has another number of chunks or another chunk size.
   */
  prefill(previous: FixedIndex): void {
    if (previous.chunkCount !== this.chunkCount || previous.chunkSize !== this.chunkSize) {
      throw new ConflictError(
        `index "${this.name}" has ${this.chunkCount} chunks, the previous one ${previous.chunkCount}`,
      );
    }
    for (let chunk = 0; chunk < previous.chunkCount; chunk++) {
      this.#digests.set(previous.digestAt(chunk), chunk * DIGEST_LENGTH);
    }
  }

  /**
   * Puts a chunk into its slot.
   *
   * @param start Offset of its first byte, a multiple of the chunk size.
   * @param sizeBytes Number of its plain bytes; the chunk size, except at the end of the image.
   * @param digest 32 bytes.
   * @throws {ConflictError} if it does not fit there.
   */
  add(start: number, sizeBytes: number, digest: Uint8Array): void {
    const at = `index "${this.name}", chunk at ${start}`;
    if (!(Number.isSafeInteger(start) && start >= 0 && start % this.chunkSize === 0)) {
      throw new ConflictError(`${at}: offset is no multiple of ${this.chunkSize}`);
    }
    if (!(Number.isSafeInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= this.chunkSize)) {
      throw new ConflictError(`${at}: no chunk of ${sizeBytes} bytes fits a fixed index`);
    }
    checkDigest(digest);
    const end = start + sizeBytes;
    if (end > this.#size) this.#grow(end, at);
    if (sizeBytes < this.chunkSize) {
      if (end !== this.#size) {
        throw new ConflictError(
          `${at}: ${sizeBytes} bytes are too few, only the last chunk may be short`,
        );
      }
      this.#growing = false;
    }
    this.#digests.set(digest, (start / this.chunkSize) * DIGEST_LENGTH);
    this.#addedCount++;
  }

  /** Checksum over all slots, 32 bytes. */
  checksum(): Uint8Array<ArrayBuffer> {
    return sha256(this.#slots());
  }

  /** The whole file. @throws {ConflictError} if there is no chunk. */
  toBytes(): Uint8Array<ArrayBuffer> {
    if (this.#size === 0) {
      throw new ConflictError(`index "${this.name}" has no chunk, an image cannot be empty`);
    }
    const header = writeHeader(FIXED_INDEX_MAGIC, this.#origin, this.checksum());
    const view = new DataView(header.buffer);
    writeU64(view, FIXED_SIZE_OFFSET, this.#size);
    writeU64(view, FIXED_CHUNK_SIZE_OFFSET, this.chunkSize);
    return concatBytes([header, this.#slots()]);
  }

  #slots(): Uint8Array {
    return this.#digests.subarray(0, this.chunkCount * DIGEST_LENGTH);
  }

  /** A size or an offset may come from outside: nothing is allocated for one that cannot be. */
  #checkSlots(size: number): void {
    if (size / this.chunkSize > MAX_FIXED_SLOTS) {
      throw new RangeError(
        `index "${this.name}": an image of ${size} bytes needs more than ${MAX_FIXED_SLOTS} chunks`,
      );
    }
  }

  #grow(end: number, at: string): void {
    if (!this.#growing) {
      throw new ConflictError(`${at}: ends at ${end}, the image has only ${this.#size} bytes`);
    }
    this.#checkSlots(end);
    this.#size = end;
    const needed = this.chunkCount * DIGEST_LENGTH;
    if (needed <= this.#digests.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#digests.byteLength * 2));
    larger.set(this.#digests);
    this.#digests = larger;
  }
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
