import { CorruptDataError } from "../errors/mod.ts";

/**
 * A little-endian cursor over a byte array. Every read is checked against the end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const reader = new ByteReader(new Uint8Array([1, 0, 0, 0, 7]), "example");
 * assertEquals(reader.u32(), 1);
 * assertEquals(reader.u8(), 7);
 * assertEquals(reader.remaining, 0);
 * ```
 */
export class ByteReader {
  readonly #view: DataView;
  #offset = 0;

  /**
   * @param bytes What to read from; not copied.
   * @param what Name of the thing, for error messages.
   */
  constructor(readonly bytes: Uint8Array, readonly what: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.bytes.byteLength - this.#offset;
  }

  /** Moves to an absolute offset. @throws {CorruptDataError} if it lies outside. */
  seek(offset: number): void {
    if (!(offset >= 0 && offset <= this.bytes.byteLength)) {
      throw new CorruptDataError(
        `${this.what}: offset ${offset} is outside of ${this.bytes.byteLength} bytes`,
      );
    }
    this.#offset = offset;
  }

  /** Reads one byte. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Reads an unsigned 32-bit number. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Reads an unsigned 64-bit number as it is. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** Reads a signed 64-bit number as it is. */
  i64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  /** Reads an unsigned 64-bit number that must fit 2^53. @throws {CorruptDataError} if it does not. */
  u64Number(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new CorruptDataError(`${this.what}: number ${value} is out of range`);
    }
    return Number(value);
  }

  /** A view (not a copy) of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  #advance(length: number): number {
    if (!(length >= 0 && length <= this.remaining)) {
      throw new CorruptDataError(
        `${this.what}: ${length} bytes wanted at offset ${this.#offset}, ${this.remaining} left`,
      );
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
