import { describeError, NotFoundError, PbsError, ServerError } from "../../errors/mod.ts";

/** The official client looks for these words (spec: protocol.md §7.3). */
const MISSING = "ENOENT: No such file or directory";

/** The answer to a failed call. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

/**
 * The answer to what a handler threw: 400 for nearly everything (spec: protocol.md §3.2). What is a
 * mistake of ours says nothing about itself.
 */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof ServerError) return { status: error.status, text: error.message };
  if (error instanceof NotFoundError) {
    const text = error.message;
    return { status: 400, text: text.includes(MISSING) ? text : `${text} - ${MISSING}` };
  }
  if (error instanceof PbsError) return { status: 400, text: describeError(error).join(": ") };
  return { status: 500, text: "internal error of the server" };
}
