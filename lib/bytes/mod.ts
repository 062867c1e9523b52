/**
 * Bytes: the ground on which all formats stand.
 *
 * A *reader* walks over a byte array from front to back, little endian, and refuses to step over its
 * end. A *writer* is a growing byte array. *Hex* is lower case when written and any case when read.
 * *Parts* of a stream wait
 * to be written together. *Counter bytes* are what speeds are measured with. *Byte sizes* are texts with a unit. Texts that came as bytes are trimmed in linear time, and *quoted* where people see them.
 *
 * @module
 */

export { ByteReader } from "./byte_reader.ts";
export { ByteWriter } from "./byte_writer.ts";
export { bytesEqual, compareBytes } from "./compare.ts";
export { concatBytes } from "./concat.ts";
export { counterBytes } from "./counter_bytes.ts";
export { withoutMark } from "./without_mark.ts";
export { decodeHex, encodeHex } from "./hex.ts";
export { parseByteSize } from "./parse_byte_size.ts";
export { quotePath } from "./quote_path.ts";
export { type StreamPart, StreamParts } from "./stream_parts.ts";
export { trimText, trimTextEnd } from "./trim_text.ts";
