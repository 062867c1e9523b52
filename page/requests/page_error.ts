import type { PageRefusal } from "../../lib/page/page_api.ts";

/** Kind of a failure: a refusal of the server, or `unreachable` if there was no answer. */
export type PageErrorCode = PageRefusal["error"]["code"] | "unreachable";

/** Failure of a request, in words for people. */
export class PageError extends Error {
  constructor(readonly code: PageErrorCode, message: string) {
    super(message);
    this.name = "PageError";
  }
}

/** What happened as a {@linkcode PageError}, whatever was thrown. */
export function asPageError(cause: unknown): PageError {
  if (cause instanceof PageError) return cause;
  return new PageError("failed", cause instanceof Error ? cause.message : String(cause));
}
