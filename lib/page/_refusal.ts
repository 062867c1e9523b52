import {
  AuthError,
  CancelledError,
  ConflictError,
  ConnectionError,
  CorruptDataError,
  describeError,
  KeyError,
  NotFoundError,
  PbsError,
  ServerError,
  UsageError,
} from "../errors/mod.ts";
import type { OutgoingResponse } from "../http/mod.ts";
import { jsonResponse } from "./_response.ts";
import type { PageRefusal } from "./page_api.ts";

/** Kind of a refusal. */
export type RefusalCode = PageRefusal["error"]["code"];

/** A request that the page does not grant. */
export class PageError extends PbsError {
  override name = "PageError";

  constructor(readonly code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const STATUSES: Readonly<Record<RefusalCode, number>> = {
  "login": 401,
  "forbidden": 403,
  "encrypted": 403,
  "not-found": 404,
  "changed": 409,
  "conflict": 409,
  "damaged": 422,
  "bad-request": 400,
  "busy": 503,
  "failed": 500,
};
/** Long enough for another request to end. */
const RETRY_AFTER_SECONDS = "5";

/**
 * The answer to what a request threw.
 *
 * @param failed Told of what is nobody's fault but ours; the answer says nothing of it.
 */
export function refusalResponse(
  error: unknown,
  failed: (error: unknown) => void,
): OutgoingResponse {
  const code = codeOf(error);
  const isOurs = !(error instanceof PbsError);
  if (isOurs) failed(error);
  const message = isOurs ? "internal error" : describeError(error).join(": ");
  const refusal: PageRefusal = { error: { code, message } };
  const status = error instanceof ServerError && error.status === 429 ? 429 : STATUSES[code];
  return jsonResponse(refusal, {
    status,
    headers: code === "busy" ? [["retry-after", RETRY_AFTER_SECONDS]] : [],
  });
}

function codeOf(error: unknown): RefusalCode {
  if (error instanceof PageError) return error.code;
  if (error instanceof AuthError) {
    return error.situation?.kind === "login-refused" ? "login" : "forbidden";
  }
  if (error instanceof KeyError) return "encrypted";
  if (error instanceof NotFoundError) return "not-found";
  if (error instanceof ConflictError) return "conflict";
  if (error instanceof CorruptDataError) return "damaged";
  if (error instanceof UsageError) return "bad-request";
  if (error instanceof ConnectionError || error instanceof CancelledError) return "busy";
  if (error instanceof ServerError) return codeOfStatus(error.status);
  return "failed";
}

/** A server answers 400 to nearly everything that it refuses (spec: protocol.md §3.2). */
function codeOfStatus(status: number): RefusalCode {
  switch (status) {
    case 401:
      return "login";
    case 403:
      return "forbidden";
    case 404:
      return "not-found";
    case 429:
    case 503:
      return "busy";
    default:
      return status < 500 ? "bad-request" : "failed";
  }
}
