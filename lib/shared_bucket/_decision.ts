import { CorruptDataError } from "../errors/mod.ts";

/** A decision about a session: it commits a snapshot, or others have ended it. */
export type Decision = "commit" | "fenced";

/** @throws {CorruptDataError} if it is none. */
export function parseDecision(content: Uint8Array): Decision {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new CorruptDataError("a decision about a session is damaged", { cause });
  }
  const decision = (value as { decision?: unknown } | null)?.decision;
  if (decision === "commit" || decision === "fenced") return decision;
  throw new CorruptDataError("a decision about a session is damaged: it says nothing known");
}
