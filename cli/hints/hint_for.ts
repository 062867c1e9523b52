import { AuthError, LockedError, type Situation, situationOf } from "../../lib/errors/mod.ts";
import type { HintContext } from "./hint_context.ts";
import { hintOnArchive } from "./hint_on_archive.ts";
import { hintOnKey } from "./hint_on_key.ts";
import { hintOnLogin } from "./hint_on_login.ts";
import { hintOnRepository } from "./hint_on_repository.ts";
import { hintOnWords } from "./hint_on_words.ts";

/** The kinds of situations, each with a function that knows the way out. */
const HINTS: {
  readonly [Kind in Situation["kind"]]: (
    situation: Extract<Situation, { kind: Kind }>,
    context: HintContext,
  ) => string | undefined;
} = { ...hintOnWords, ...hintOnRepository, ...hintOnLogin, ...hintOnKey, ...hintOnArchive };

/**
 * Advice about a failure, one line. It follows the failure's own words, which scripts know; it is
 * chosen by the situation that the error carries or by its class, never by its message.
 *
 * @returns undefined where nothing can be said that the message does not say.
 */
export function hintFor(error: unknown, context: HintContext): string | undefined {
  const situation = situationOf(error);
  if (situation !== undefined) {
    const hint = HINTS[situation.kind] as (
      situation: Situation,
      context: HintContext,
    ) => string | undefined;
    return hint(situation, context);
  }
  if (error instanceof AuthError) return HINTS["no-permission"]({ kind: "no-permission" }, context);
  if (error instanceof LockedError) return hintOnLock(context);
  return undefined;
}

function hintOnLock({ command }: HintContext): string {
  const canWait = command?.options.some(({ name }) => name === "lock-wait") ?? false;
  return canWait
    ? "another run is using it: try again later, or wait for it with --lock-wait 10min"
    : "another run is using it: try again when it has ended";
}
