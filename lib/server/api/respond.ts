import { deflate } from "node:zlib";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../../http/mod.ts";
import type { Answer } from "./route.ts";

/** Content type of everything in an envelope, and of most refusals. */
export const JSON_TYPE = "application/json;charset=UTF-8";

/** Characters of a long answer that are sent together. */
const PIECE_CHARACTERS = 64 * 1024;

/** An answer that is no upgrade. */
export type PlainAnswer = Exclude<Answer, { readonly upgrade: string }>;

/** The response to a call that went well (spec: protocol.md §3.1, §1.8). */
export async function successResponse(
  request: IncomingRequest,
  answer: PlainAnswer,
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
    if (!(raw instanceof Uint8Array) || !wantsDeflate(request)) return response;
    const body = await compress(raw);
    released?.();
    return { status: 200, headers: [...headers, ["content-encoding", "deflate"]], body };
  }
  const { data, attributes, contentType = JSON_TYPE } = answer;
  if (contentType !== "") headers.unshift(["content-type", contentType]);
  const text = JSON.stringify({ data: data ?? null, ...attributes });
  const body = new TextEncoder().encode(text);
  if (!wantsDeflate(request)) return { status: 200, headers, body };
  headers.push(["content-encoding", "deflate"]);
  return { status: 200, headers, body: await compress(body) };
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
