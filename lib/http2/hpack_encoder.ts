import { UsageError } from "../errors/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import { HPACK_DEFAULT_TABLE_BYTES, HPACK_STATIC_TABLE, HpackDynamicTable } from "./hpack_table.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";

/** Secrets: literal, never to be put in a table, by proxies neither (RFC 7541 §7.1.3). */
const NEVER_INDEXED: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "csrfpreventiontoken",
  "proxy-authorization",
  "set-cookie",
]);
/** Different in every message; an entry would only push out useful ones. */
const NOT_INDEXED: ReadonlySet<string> = new Set([":path", "content-length", "date", "etag"]);

const staticFields = new Map<string, number>();
const staticNames = new Map<string, number>();
for (let i = HPACK_STATIC_TABLE.length - 1; i >= 0; i--) {
  const [name, value] = HPACK_STATIC_TABLE[i]!;
  staticFields.set(`${name}\0${value}`, i + 1);
  staticNames.set(name, i + 1);
}

/** The encoding half of HPACK (RFC 7541) for one direction of one connection. */
export class HpackEncoder {
  readonly #table: HpackDynamicTable;
  readonly #fieldSerials = new Map<string, number>();
  readonly #nameSerials = new Map<string, number>();
  readonly #huffman: boolean;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #length = 0;
  /** Table sizes still to be told to the decoder: the smallest in between, and the last. */
  #pendingSmallestBytes: number | undefined;

  /** @param options `huffman: false` writes strings plainly. */
  constructor(options: { tableLimitBytes?: number; huffman?: boolean } = {}) {
    this.#huffman = options.huffman ?? true;
    this.#table = new HpackDynamicTable(
      options.tableLimitBytes ?? HPACK_DEFAULT_TABLE_BYTES,
      ([name, value], serial) => {
        const key = `${name}\0${value}`;
        if (this.#fieldSerials.get(key) === serial) this.#fieldSerials.delete(key);
        if (this.#nameSerials.get(name) === serial) this.#nameSerials.delete(name);
      },
    );
  }

  /** Present size of the dynamic table as it is counted, in bytes. */
  get tableSizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /**
   * Obeys the peer's SETTINGS_HEADER_TABLE_SIZE; more than the default is not made use of.
   *
   * @param limitBytes What the peer announced.
   */
  setTableLimit(limitBytes: number): void {
    const next = Math.min(limitBytes, HPACK_DEFAULT_TABLE_BYTES);
    if (next === this.#table.limitBytes) return;
    this.#pendingSmallestBytes = Math.min(this.#pendingSmallestBytes ?? next, next);
    this.#table.limitBytes = next;
  }

  /**
   * Encodes one header list.
   *
   * @param fields Names in lower case; characters up to U+00FF.
   * @returns A header block of its own memory.
   * @throws {UsageError} if a field has other characters; before anything was changed.
   */
  encode(fields: Iterable<HeaderField>): Uint8Array<ArrayBuffer> {
    const list = [...fields];
    for (const [name, value] of list) {
      // deno-lint-ignore no-control-regex
      if (!/^[\x21-\x7e]+$/.test(name) || !/^[\x01-\x09\x0b\x0c\x0e-\xff]*$/.test(value)) {
        throw new UsageError(`header field "${name}" has characters that cannot be sent`);
      }
    }
    this.#length = 0;
    if (this.#pendingSmallestBytes !== undefined) {
      this.#integer(0x20, 5, this.#pendingSmallestBytes);
      if (this.#pendingSmallestBytes < this.#table.limitBytes) {
        this.#integer(0x20, 5, this.#table.limitBytes);
      }
      this.#pendingSmallestBytes = undefined;
    }
    for (const field of list) this.#field(field);
    return this.#buffer.slice(0, this.#length);
  }

  #field(field: HeaderField): void {
    const [name, value] = field;
    const nameIndex = staticNames.get(name) ?? this.#index(this.#nameSerials.get(name)) ?? 0;
    if (NEVER_INDEXED.has(name)) {
      this.#literal(0x10, 4, nameIndex, name, value);
      return;
    }
    const key = `${name}\0${value}`;
    const index = staticFields.get(key) ?? this.#index(this.#fieldSerials.get(key));
    if (index !== undefined) this.#integer(0x80, 7, index);
    else if (NOT_INDEXED.has(name)) this.#literal(0x00, 4, nameIndex, name, value);
    else {
      this.#literal(0x40, 6, nameIndex, name, value);
      const serial = this.#table.nextSerial;
      this.#table.add(field);
      if (this.#table.nextSerial > serial) {
        this.#fieldSerials.set(key, serial);
        this.#nameSerials.set(name, serial);
      }
    }
  }

  #index(serial: number | undefined): number | undefined {
    if (serial === undefined) return undefined;
    return HPACK_STATIC_TABLE.length + this.#table.nextSerial - serial;
  }

  #literal(pattern: number, prefixBits: number, index: number, name: string, value: string): void {
    this.#integer(pattern, prefixBits, index);
    if (index === 0) this.#string(name);
    this.#string(value);
  }

  #integer(pattern: number, prefixBits: number, value: number): void {
    this.#reserve(6);
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#buffer[this.#length++] = pattern | value;
      return;
    }
    this.#buffer[this.#length++] = pattern | mask;
    for (value -= mask; value >= 0x80; value >>>= 7) {
      this.#buffer[this.#length++] = 0x80 | (value & 0x7f);
    }
    this.#buffer[this.#length++] = value;
  }

  #string(text: string): void {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const coded = this.#huffman ? huffmanLength(bytes) : bytes.length;
    if (coded < bytes.length) {
      this.#integer(0x80, 7, coded);
      this.#reserve(coded);
      this.#length = huffmanEncode(bytes, this.#buffer, this.#length);
    } else {
      this.#integer(0x00, 7, bytes.length);
      this.#reserve(bytes.length);
      this.#buffer.set(bytes, this.#length);
      this.#length += bytes.length;
    }
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + size));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
