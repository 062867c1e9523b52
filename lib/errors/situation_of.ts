import { PbsError } from "./errors.ts";
import type { Situation } from "./situation.ts";

const MAX_CAUSES = 16;

/**
 * The situation of an error, or of the first of its causes that has one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { NotFoundError, PbsError } from "./errors.ts";
 * const cause = new NotFoundError("gone", { situation: { kind: "no-repository" } });
 * assertEquals(situationOf(new PbsError("cannot list", { cause }))?.kind, "no-repository");
 * ```
 */
export function situationOf(error: unknown): Situation | undefined {
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++) {
    if (error instanceof PbsError && error.situation !== undefined) return error.situation;
    error = error.cause;
  }
  return undefined;
}
