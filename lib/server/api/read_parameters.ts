import { ServerError } from "../../errors/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";
import type { ConnectionAnswers } from "../memory/mod.ts";
import { readBody } from "./read_body.ts";
import type { RawParameters } from "./verify_parameters.ts";
import { UnsuitableNumber } from "./verify_parameters.ts";

/** Bodies that hold parameters have to be smaller (spec: protocol.md §3.3). */
const BODY_LIMIT_BYTES = 512 * 1024;
/** Bytes that strangers may send, and others without being counted. */
const SMALL_BODY_BYTES = 64 * 1024;
const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;

/**
 * Reads the parameters of a call from where its content type says they are: a JSON body alone, or
 * form body and query together (spec: protocol.md §3.3).
 *
 * @param query Of the target, without `?`.
 * @param memory Where bodies that are not small are counted; strangers have none.
 * @throws {ServerError} with 400 if they cannot be read.
 */
export async function readParameters(
  request: IncomingRequest,
  query: string,
  memory: ConnectionAnswers | undefined,
): Promise<RawParameters> {
  const contentType = request.headers.get("content-type")?.split(";", 1)[0]?.trim();
  switch (contentType) {
    case "application/json":
      return { form: "json", members: parseJsonObject(await bodyText(request, memory)) };
    case undefined:
    case "application/x-www-form-urlencoded": {
      const form = new URLSearchParams(await bodyText(request, memory));
      return { form: "text", pairs: [...queryPairs(query), ...form] };
    }
    default:
      throw new ServerError(400, `unsupported content type "${contentType}"`);
  }
}

/** The parameters of a call whose body is something else. */
export function queryParameters(query: string): RawParameters {
  return { form: "text", pairs: queryPairs(query) };
}

/** `_dc` is there to get around caches; it means nothing. */
function queryPairs(query: string): [string, string][] {
  return [...new URLSearchParams(query)].filter(([name]) => name !== "_dc");
}

async function bodyText(
  { body, signal }: IncomingRequest,
  memory: ConnectionAnswers | undefined,
): Promise<string> {
  const refused = new ServerError(400, "Request body too large");
  const isSmall = (body.lengthBytes ?? Infinity) <= SMALL_BODY_BYTES;
  const limitBytes = memory === undefined ? SMALL_BODY_BYTES : BODY_LIMIT_BYTES - 1;
  // With its text in memory it takes twice its length for a while.
  using _held = isSmall ? undefined : await memory?.hold(2 * limitBytes, signal);
  return new TextDecoder().decode(await readBody(body, limitBytes, refused));
}

/**
 * Reads a JSON object; numbers that are no integers of 64 bits come out as
 * {@linkcode UnsuitableNumber}.
 *
 * @throws {ServerError} with 400 if the text is anything but an object or `null`.
 */
export function parseJsonObject(text: string): ReadonlyMap<string, unknown> {
  if (text.trim() === "") return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text, reviveNumber);
  } catch (cause) {
    throw new ServerError(400, "the request body is not valid JSON", { cause });
  }
  if (value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value) || value instanceof UnsuitableNumber) {
    const kind = Array.isArray(value) ? "array" : "scalar value";
    throw new ServerError(400, `Expected object - got ${kind}.`);
  }
  return new Map(Object.entries(value));
}

function reviveNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source ?? String(value);
  if (Number.isSafeInteger(value) && !/[.eE]/.test(source)) return value;
  if (/[.eE]/.test(source)) return new UnsuitableNumber(source);
  const integer = BigInt(source);
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER ? value : new UnsuitableNumber(source);
}
