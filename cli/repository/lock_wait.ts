import type { LockWait } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import type { CommandContext } from "../command_context.ts";

/** Patience that `--lock-wait` sets; undefined if nobody is to wait. */
export function lockWaitOf(
  values: CommandValues,
  { output }: CommandContext,
): LockWait | undefined {
  const seconds = parseTimeSpan(values.text("lock-wait") ?? "") ?? 0;
  if (seconds === 0) return undefined;
  return { waitMs: seconds * 1000, log: (line) => output.log("info", line) };
}
