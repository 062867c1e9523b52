import { trimText } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { type HeaderField, HeaderFields } from "../http/mod.ts";
import { Http1Error } from "./_http1_reader.ts";

/** More fields than this are refused (spec: protocol.md §1.7). */
const MAX_FIELDS = 100;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex
const BAD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** How the end of a message's body is found (RFC 9112 §6.3). */
export type BodyFraming =
  | { readonly kind: "length"; readonly lengthBytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** @throws {Http1Error} if a line is no header field, or there are too many. */
export function parseFields(lines: readonly string[]): HeaderFields {
  if (lines.length > MAX_FIELDS) throw new Http1Error(431, `${lines.length} header fields`);
  const fields: HeaderField[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = trimText(line.slice(colon + 1), " \t");
    if (!TOKEN.test(name) || BAD_VALUE.test(value)) {
      throw new Http1Error(400, "malformed header field");
    }
    fields.push([name.toLowerCase(), value]);
  }
  return new HeaderFields(fields);
}

/** @throws {Http1Error} if the line is no request line. */
export function parseRequestLine(
  line: string,
): { method: string; target: string; httpVersion: "1.0" | "1.1" } {
  const match = /^([^ ]+) ([!-~\x80-\xff]+) HTTP\/(\d)\.(\d)$/.exec(line);
  if (match === null || !TOKEN.test(match[1]!)) throw new Http1Error(400, "malformed request line");
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1") throw new Http1Error(505, `HTTP version ${major}.${minor}`);
  if (!/^(\/|https?:\/\/|\*$)/i.test(target)) throw new Http1Error(400, "malformed request target");
  return { method, target, httpVersion: minor === "0" ? "1.0" : "1.1" };
}

/** @throws {Http1Error} if the line is no status line. */
export function parseStatusLine(line: string): { status: number; minorVersion: number } {
  const match = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: .*)?$/.exec(line);
  if (match === null) throw new Http1Error(400, "the answer is not HTTP/1.1");
  return { status: Number(match[2]), minorVersion: Number(match[1]) };
}

/**
 * The announced framing of a body.
 *
 * @returns `undefined` if neither length nor coding is announced.
 * @throws {Http1Error} if the announcement is contradictory or not supported.
 */
export function announcedFraming(headers: HeaderFields): BodyFraming | undefined {
  const codings = headers.getAll("transfer-encoding");
  const lengths = new Set(headers.getAll("content-length"));
  if (codings.length > 0) {
    // Both together are how requests are smuggled past proxies (RFC 9112 §6.1).
    if (lengths.size > 0) throw new Http1Error(400, "content-length beside transfer-encoding");
    if (codings.length > 1 || codings[0]!.toLowerCase() !== "chunked") {
      throw new Http1Error(501, `transfer-encoding "${codings.join(", ")}" is not supported`);
    }
    return { kind: "chunked" };
  }
  if (lengths.size === 0) return undefined;
  const [text = ""] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(text)) {
    throw new Http1Error(400, "content-length is not a length");
  }
  return { kind: "length", lengthBytes: Number(text) };
}

/** The bytes of a message's head. @throws {UsageError} if a field has a line end in it. */
export function formatHead(firstLine: string, fields: Iterable<HeaderField>): Uint8Array {
  let text = `${firstLine}\r\n`;
  for (const [name, value] of fields) {
    if (!TOKEN.test(name) || BAD_VALUE.test(value)) {
      throw new UsageError(`header field "${name}" has characters that cannot be sent`);
    }
    text += `${name}: ${value}\r\n`;
  }
  text += "\r\n";
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new UsageError("a header field has characters that cannot be sent");
    bytes[i] = code;
  }
  return bytes;
}
