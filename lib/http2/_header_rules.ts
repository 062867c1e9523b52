import { type HeaderField, HeaderFields } from "../http/mod.ts";
import { Http2Error } from "./http2_error.ts";
import { Http2ErrorCode } from "./http2_format.ts";

/** Fields that belong to an HTTP/1.1 connection (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FORBIDDEN_IN_VALUE = /[\0\r\n]/;

function malformed(reason: string): Http2Error {
  return new Http2Error("stream", Http2ErrorCode.PROTOCOL_ERROR, reason);
}

/**
 * Splits a header list into pseudo-header fields and the rest (RFC 9113 §8.2, §8.3).
 *
 * @param allowed The pseudo-header fields that may occur.
 * @throws {Http2Error} of scope `stream` if the message is malformed.
 */
function split(
  fields: readonly HeaderField[],
  allowed: readonly string[],
): { pseudo: Map<string, string>; headers: HeaderFields } {
  const pseudo = new Map<string, string>();
  const rest: HeaderField[] = [];
  for (const field of fields) {
    const [name, value] = field;
    if (FORBIDDEN_IN_VALUE.test(value)) {
      throw malformed(`field "${name}" has a forbidden character`);
    }
    if (name.startsWith(":")) {
      if (rest.length > 0) throw malformed(`"${name}" comes after regular fields`);
      if (!allowed.includes(name)) throw malformed(`unexpected "${name}"`);
      if (pseudo.has(name)) throw malformed(`"${name}" occurs twice`);
      pseudo.set(name, value);
      continue;
    }
    if (!NAME.test(name)) throw malformed("field name has a forbidden character");
    if (CONNECTION_FIELDS.has(name)) throw malformed(`field "${name}" is not allowed`);
    if (name === "te" && value !== "trailers") throw malformed(`field "te" may only be "trailers"`);
    rest.push(field);
  }
  return { pseudo, headers: new HeaderFields(rest) };
}

/**
 * Length announced by `content-length`, in bytes.
 *
 * @throws {Http2Error} of scope `stream` if it is no number, or there are different ones.
 */
export function announcedLength(headers: HeaderFields): number | undefined {
  let length: number | undefined;
  for (const value of headers.getAll("content-length")) {
    if (!/^[0-9]{1,15}$/.test(value)) throw malformed(`content-length is not a length`);
    if (length !== undefined && length !== Number(value)) throw malformed("two content-lengths");
    length = Number(value);
  }
  return length;
}

/**
 * The head of a request.
 *
 * @throws {Http2Error} of scope `stream` if it is malformed.
 */
export function parseRequestHead(
  fields: readonly HeaderField[],
): { method: string; target: string; headers: HeaderFields } {
  const { pseudo, headers } = split(fields, [":method", ":scheme", ":authority", ":path"]);
  const method = pseudo.get(":method");
  const target = pseudo.get(":path");
  if (method === undefined || !/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(method)) {
    throw malformed("request without method");
  }
  if (method === "CONNECT") throw malformed("CONNECT is not served");
  if (!pseudo.get(":scheme")) throw malformed("request without scheme");
  if (!target || !(target.startsWith("/") || (method === "OPTIONS" && target === "*"))) {
    throw malformed("request without path");
  }
  return { method, target, headers };
}

/**
 * The head of a response.
 *
 * @throws {Http2Error} of scope `stream` if it is malformed.
 */
export function parseResponseHead(
  fields: readonly HeaderField[],
): { status: number; headers: HeaderFields } {
  const { pseudo, headers } = split(fields, [":status"]);
  const status = pseudo.get(":status") ?? "";
  if (!/^[1-9][0-9]{2}$/.test(status)) throw malformed("response without status");
  return { status: Number(status), headers };
}

/**
 * Checks trailers; their content is not used.
 *
 * @throws {Http2Error} of scope `stream` if they are malformed.
 */
export function checkTrailers(fields: readonly HeaderField[]): void {
  split(fields, []);
}
