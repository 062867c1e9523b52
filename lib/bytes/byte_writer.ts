/**
 * A growing byte array, little endian.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const writer = new ByteWriter();
 * writer.u32(1);
 * writer.bytes(new Uint8Array([7]));
 * assertEquals(writer.finish(), new Uint8Array([1, 0, 0, 0, 7]));
 * ```
 */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** @param capacity Bytes to reserve at first. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends one byte. */
  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  /** Appends an unsigned 32-bit number. */
  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  /** Appends an unsigned 64-bit number; numbers must be safe integers. */
  u64(value: bigint | number): void {
    if (typeof value === "bigint") {
      const at = this.#grow(8);
      this.#view.setBigUint64(at, value, true);
      return;
    }
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`"${value}" is no unsigned integer`);
    }
    const at = this.#grow(8);
    this.#view.setUint32(at, value % 0x1_0000_0000, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** Appends a signed 64-bit number; numbers must be safe integers. */
  i64(value: bigint | number): void {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt(value), true);
  }

  /** Appends bytes. */
  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, at);
  }

  /** A view of what was written; valid until the next write or clear. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }

  #grow(length: number): number {
    const start = this.#length;
    const needed = start + length;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
      larger.set(this.view());
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return start;
  }
}
