import { CorruptDataError, ServerError } from "../errors/mod.ts";
import { checkJsonShape } from "./_check_json_shape.ts";
import type { HeaderFields, HttpResponse } from "../http/mod.ts";

/** Of an error's text. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Of a result: lists are complete, there is no paging (spec: protocol.md §3.6). */
const MAX_RESULT_BYTES = 128 * 1024 * 1024;

/** Result of an API call. */
export interface ApiResult {
  /** The `data` member. */
  readonly data: unknown;
  /** The members beside `data`, such as `total`. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly headers: HeaderFields;
}

/**
 * Fails on everything but success, with the server's text (spec: protocol.md §3.2).
 *
 * @returns The response, its body not yet read.
 * @throws {ServerError} with the status and the body's text.
 */
export async function requireSuccess(response: HttpResponse): Promise<HttpResponse> {
  const { status } = response;
  if (status >= 200 && status < 300) return response;
  const text = (await response.body.text(MAX_ERROR_BYTES)).trim();
  throw new ServerError(status, text === "" ? `the server answered with status ${status}` : text);
}

/**
 * Takes the envelope off a result (spec: protocol.md §3.1).
 *
 * @throws {ServerError} if the call failed.
 * @throws {CorruptDataError} if the body is no envelope, or would take far more memory than its bytes.
 */
export async function readApiResult(response: HttpResponse): Promise<ApiResult> {
  await requireSuccess(response);
  const { headers } = response;
  const text = await response.body.text(MAX_RESULT_BYTES);
  if (text === "") return { data: null, attributes: {}, headers };
  checkJsonShape(text);
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError("the server's answer is not JSON", { cause });
  }
  if (typeof envelope !== "object" || envelope === null || !("data" in envelope)) {
    throw new CorruptDataError("the server's answer has no data member");
  }
  const { data, ...attributes } = envelope;
  return { data, attributes, headers };
}
