import { CorruptDataError } from "../errors/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import {
  HPACK_DEFAULT_TABLE_BYTES,
  HPACK_ENTRY_OVERHEAD_BYTES,
  HPACK_STATIC_TABLE,
  HpackDynamicTable,
} from "./hpack_table.ts";
import { huffmanDecode } from "./huffman.ts";

/** Lengths and indexes above this are refused; a header block is far smaller. */
const MAX_INTEGER = 0x0fffffff;

/** A header list so large that decoding the rest of its block is not worth the time. */
export class HeaderListTooLargeError extends CorruptDataError {
  override name = "HeaderListTooLargeError";
}

/** Contents of one header block. */
export interface DecodedHeaders {
  /** The fields in order; stops at the limit if `tooLarge`. */
  readonly fields: HeaderField[];
  /** Whether the list was larger than allowed (RFC 9113 §10.5.1); the table is in step anyway. */
  readonly tooLarge: boolean;
}

/** The decoding half of HPACK (RFC 7541) for one direction of one connection. */
export class HpackDecoder {
  readonly #table: HpackDynamicTable;
  readonly #tableLimitBytes: number;
  readonly #listLimitBytes: number;
  readonly #hopelessListBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;

  /**
   * @param options `tableLimitBytes` is the SETTINGS_HEADER_TABLE_SIZE we announced,
   * `listLimitBytes` the largest header list that is kept, `hopelessListBytes` the largest that is
   * decoded to its end.
   */
  constructor(
    options: {
      tableLimitBytes?: number;
      listLimitBytes?: number;
      hopelessListBytes?: number;
    } = {},
  ) {
    this.#tableLimitBytes = options.tableLimitBytes ?? HPACK_DEFAULT_TABLE_BYTES;
    this.#listLimitBytes = options.listLimitBytes ?? Infinity;
    this.#hopelessListBytes = options.hopelessListBytes ?? Infinity;
    this.#table = new HpackDynamicTable(this.#tableLimitBytes);
  }

  /** Present size of the dynamic table as it is counted, in bytes. */
  get tableSizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /**
   * Decodes one complete header block.
   *
   * @param block The fragments of HEADERS and CONTINUATION joined.
   * @throws {CorruptDataError} if it is malformed; the connection cannot go on then.
   * @throws {HeaderListTooLargeError} if the list is beyond all measure; nor then.
   */
  decode(block: Uint8Array): DecodedHeaders {
    this.#bytes = block;
    this.#offset = 0;
    const fields: HeaderField[] = [];
    let listBytes = 0;
    while (this.#offset < block.length) {
      const first = block[this.#offset]!;
      let field: HeaderField;
      if (first & 0x80) field = this.#entry(this.#integer(7));
      else if (first & 0x40) {
        field = this.#literal(this.#integer(6));
        this.#table.add(field);
      } else if (first & 0x20) {
        if (listBytes > 0) throw new CorruptDataError("table size update inside a header block");
        const limitBytes = this.#integer(5);
        if (limitBytes > this.#tableLimitBytes) {
          throw new CorruptDataError(`header table size ${limitBytes} is above the agreed one`);
        }
        this.#table.limitBytes = limitBytes;
        continue;
      } else field = this.#literal(this.#integer(4));
      listBytes += field[0].length + field[1].length + HPACK_ENTRY_OVERHEAD_BYTES;
      if (listBytes <= this.#listLimitBytes) fields.push(field);
      else if (listBytes > this.#hopelessListBytes) {
        throw new HeaderListTooLargeError(`header list of more than ${listBytes} bytes`);
      }
    }
    this.#bytes = new Uint8Array(0);
    return { fields, tooLarge: listBytes > this.#listLimitBytes };
  }

  #entry(index: number): HeaderField {
    const field = index === 0
      ? undefined
      : index <= HPACK_STATIC_TABLE.length
      ? HPACK_STATIC_TABLE[index - 1]
      : this.#table.at(index - HPACK_STATIC_TABLE.length - 1);
    if (field === undefined) throw new CorruptDataError(`no header table entry ${index}`);
    return field;
  }

  #literal(nameIndex: number): HeaderField {
    const name = nameIndex === 0 ? this.#string() : this.#entry(nameIndex)[0];
    return [name, this.#string()];
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#bytes[this.#offset++]! & mask;
    if (value < mask) return value;
    for (let shift = 0;; shift += 7) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) throw new CorruptDataError("header block ends inside a number");
      if (shift > 21) throw new CorruptDataError("number in a header block is too large");
      value += (byte & 0x7f) << shift;
      if (value > MAX_INTEGER) throw new CorruptDataError("number in a header block is too large");
      if (!(byte & 0x80)) return value;
    }
  }

  #string(): string {
    const first = this.#bytes[this.#offset];
    if (first === undefined) throw new CorruptDataError("header block ends inside a field");
    const length = this.#integer(7);
    const end = this.#offset + length;
    if (end > this.#bytes.length) {
      throw new CorruptDataError(`header string of ${length} bytes goes past the block's end`);
    }
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    if (first & 0x80) return huffmanDecode(bytes);
    let text = "";
    for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
    return text;
  }
}
