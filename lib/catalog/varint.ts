import { CorruptDataError } from "../errors/mod.ts";
import { MAX_SIGNED_VARINT, MAX_UNSIGNED_VARINT } from "./format.ts";

/**
 * Writes an unsigned varint: 7 bits per byte, lowest first, bit 7 set on all but the last
 * (spec: pxar.md §7.3).
 *
 * @param value Safe integer, not negative.
 * @param at Where in `bytes`; there must be room for 10 bytes.
 * @returns Where it ends.
 */
export function writeUnsignedVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 0x7fff_ffff) {
    bytes[at++] = 0x80 | value % 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value > 0x7f) {
    bytes[at++] = 0x80 | value & 0x7f;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/**
 * Writes a signed varint: a negative one is its magnitude with bit 7 set on every byte, then a 0 byte.
 *
 * @param value Integer within 64 bits; there must be room for 11 bytes.
 * @returns Where it ends.
 */
export function writeSignedVarint(bytes: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === "bigint" || !Number.isSafeInteger(value)) {
    return writeLargeVarint(bytes, at, BigInt(value));
  }
  if (value >= 0) return writeUnsignedVarint(bytes, at, value);
  const end = writeUnsignedVarint(bytes, at, -value);
  bytes[end - 1]! |= 0x80;
  bytes[end] = 0;
  return end + 1;
}

/** Writes any 64-bit varint; negative values in the signed form. */
export function writeLargeVarint(bytes: Uint8Array, at: number, value: bigint): number {
  let rest = value < 0n ? -value : value;
  for (; rest > 0x7fn; rest >>= 7n) bytes[at++] = 0x80 | Number(rest & 0x7fn);
  bytes[at++] = Number(rest) | (value < 0n ? 0x80 : 0);
  if (value < 0n) bytes[at++] = 0;
  return at;
}

/** Walks over varints in a byte array. */
export class VarintReader {
  /** Offset of the next byte. */
  offset = 0;

  /**
   * @param what Name of the thing, for error messages.
   * @param start Where in it `bytes` begin, likewise.
   */
  constructor(readonly bytes: Uint8Array, readonly what: string, readonly start: number = 0) {}

  /** Reads an unsigned varint; a `bigint` if it is no safe integer. @throws {CorruptDataError} */
  unsigned(): number | bigint {
    const short = this.#short();
    if (short !== undefined) return short;
    const { magnitude, negative } = this.#long(MAX_UNSIGNED_VARINT, false);
    if (negative || magnitude > 0xffff_ffff_ffff_ffffn) this.#fail();
    return narrow(magnitude);
  }

  /** Reads an unsigned varint that must be a safe integer. @throws {CorruptDataError} */
  unsignedNumber(): number {
    const value = this.unsigned();
    if (typeof value === "bigint") this.#fail();
    return value;
  }

  /** Reads a signed varint; a `bigint` if it is no safe integer. @throws {CorruptDataError} */
  signed(): number | bigint {
    const short = this.#short();
    if (short !== undefined) return short;
    const { magnitude, negative } = this.#long(MAX_SIGNED_VARINT, true);
    if (magnitude > (negative ? 2n ** 63n : 2n ** 63n - 1n)) this.#fail();
    return narrow(negative ? -magnitude : magnitude);
  }

  /** Reads one byte. @throws {CorruptDataError} */
  byte(): number {
    if (this.offset >= this.bytes.byteLength) this.#fail();
    return this.bytes[this.offset++]!;
  }

  /** Reads a varint of up to 4 bytes that is not negative; otherwise leaves it. */
  #short(): number | undefined {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.bytes[this.offset + i];
      if (byte === undefined || byte === 0 && i > 0) return undefined;
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.offset += i + 1;
        return value;
      }
    }
    return undefined;
  }

  #long(limit: number, signed: boolean): { magnitude: bigint; negative: boolean } {
    let magnitude = 0n;
    for (let i = 0; i < limit; i++) {
      const byte = this.byte();
      if (signed && byte === 0 && i > 0) return { magnitude, negative: true };
      magnitude |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return { magnitude, negative: false };
    }
    return this.#fail();
  }

  #fail(): never {
    throw new CorruptDataError(
      `${this.what}: no valid number at offset ${this.start + this.offset}`,
    );
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
