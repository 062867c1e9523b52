import { deflate } from "node:zlib";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../../http/mod.ts";
import type { ConnectionAnswers } from "../memory/mod.ts";
import type { Answer } from "./route.ts";

/** Content type of everything in an envelope, and of most refusals. */
export const JSON_TYPE = "application/json;charset=UTF-8";

/** Characters of a long answer that are sent together. */
const PIECE_CHARACTERS = 64 * 1024;

/** An answer that is no upgrade. */
export type PlainAnswer = Exclude<Answer, { readonly upgrade: string }>;

/**
 * The response to a call that went well (spec: protocol.md §3.1, §1.8).
 *
 * @param answers Where what has to wait for its reader is counted, unless the call did so itself.
 * @throws {ServerError} with 503 if there is no room for it.
 */
export async function successResponse(
  request: IncomingRequest,
  answer: PlainAnswer,
  answers: ConnectionAnswers,
): Promise<OutgoingResponse> {
  if ("items" in answer) {
    const { items, attributes, released } = answer;
    return {
      status: 200,
      headers: [["content-type", JSON_TYPE]],
      body: longEnvelope(items, attributes),
      ...released ? { released } : {},
    };
  }
  const headers: HeaderField[] = [...answer.headers ?? []];
  if ("raw" in answer) {
    headers.unshift(["content-type", answer.contentType]);
    const { raw, released } = answer;
    const response = { status: 200, headers, body: raw, ...released ? { released } : {} };
    if (!(raw instanceof Uint8Array)) return response;
    if (!wantsDeflate(request)) return released ? response : counted(response, raw, answers);
    let body: Uint8Array;
    try {
      body = await compress(raw);
    } finally {
      released?.();
    }
    const deflated: HeaderField[] = [...headers, ["content-encoding", "deflate"]];
    return counted({ status: 200, headers: deflated }, body, answers);
  }
  const { data, attributes, contentType = JSON_TYPE } = answer;
  if (contentType !== "") headers.unshift(["content-type", contentType]);
  const text = JSON.stringify({ data: data ?? null, ...attributes });
  const body = new TextEncoder().encode(text);
  if (!wantsDeflate(request)) return counted({ status: 200, headers }, body, answers);
  headers.push(["content-encoding", "deflate"]);
  return counted({ status: 200, headers }, await compress(body), answers);
}

/** A response whose body counts until it was taken. */
function counted(
  response: OutgoingResponse,
  body: Uint8Array,
  answers: ConnectionAnswers,
): OutgoingResponse {
  const held = answers.holdNow(body.length);
  if (held === undefined) return { ...response, body };
  return { ...response, body, released: () => held[Symbol.dispose]() };
}

/** The envelope around an array of any length, in pieces. */
async function* longEnvelope(
  items: AsyncIterable<unknown>,
  attributes: Readonly<Record<string, unknown>> | undefined,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = '{"data":[';
  let separator = "";
  for await (const item of items) {
    text += separator + JSON.stringify(item);
    separator = ",";
    if (text.length < PIECE_CHARACTERS) continue;
    yield encoder.encode(text);
    text = "";
  }
  const others = Object.entries(attributes ?? {}).map(([key, value]) =>
    `,${JSON.stringify(key)}:${JSON.stringify(value)}`
  );
  yield encoder.encode(`${text}]${others.join("")}}`);
}

/** The response to a call that was refused: the plain text, whatever the label says. */
export function refusalResponse(
  status: number,
  text: string,
  contentType?: string,
  headers: readonly HeaderField[] = [],
): OutgoingResponse {
  const label: HeaderField[] = contentType === undefined ? [] : [["content-type", contentType]];
  return { status, headers: [...label, ...headers], body: new TextEncoder().encode(text) };
}

/** Tokens are split at commas and blanks; no quality is looked at (spec: protocol.md §1.8). */
function wantsDeflate(request: IncomingRequest): boolean {
  return request.headers.getAll("accept-encoding").some((value) =>
    value.split(/[, ]+/).some((token) => token === "deflate" || token.startsWith("deflate;"))
  );
}

function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflate(bytes, (error, result) => error ? reject(error) : resolve(result));
  });
}
