import type { AlertOutcome } from "./alert_event.ts";
import type { TargetRules } from "./alert_target.ts";

/** An outcome as a target counts it: warnings are ok for one that hears of failures alone. */
export function outcomeFor(rules: TargetRules, outcome: AlertOutcome): AlertOutcome {
  return outcome === "warnings" && rules.from === "failed" ? "ok" : outcome;
}
