import { describeError, situationOf } from "../lib/errors/mod.ts";
import { GroupError } from "./arguments/group_error.ts";
import { wrappedUsage } from "./help/usage_text.ts";
import type { HintContext } from "./hints/hint_context.ts";
import { hintFor } from "./hints/hint_for.ts";
import type { Output } from "./output/output.ts";

/**
 * Prints an error and its causes (spec: cli.md §1.5), for words that do not fit a line of usage, and
 * last what to do about it. Not the usage of all options or commands: it would push the message off
 * the screen, and `help` shows it.
 *
 * @param isDebug Also shows the stack.
 */
export function reportFailure(
  error: unknown,
  isDebug: boolean,
  output: Output,
  context: HintContext,
): void {
  const lines = failureLines(error, context);
  const hint = hintFor(error, context);
  if (hint !== undefined) lines.push(`Hint: ${hint}`);
  if (isDebug && error instanceof Error && error.stack !== undefined) lines.push("", error.stack);
  output.errorLine(lines.join("\n"));
}

/**
 * Lines about an error and its causes (spec: cli.md §1.5).
 *
 * @param context The program's name is empty for commands that are no program's.
 */
export function failureLines(
  error: unknown,
  context: Pick<HintContext, "programName" | "command">,
): string[] {
  const [message = "unknown error", ...causes] = describeError(error);
  const lines = [`Error: ${message}`];
  if (error instanceof GroupError) {
    const words = [context.programName, error.group, "<command>"].filter((word) => word !== "");
    lines.push("", `Usage: ${words.join(" ")} [OPTIONS]`);
  } else if (context.command !== undefined && situationOf(error)?.kind === "bad-arguments") {
    lines.push(`Usage: ${wrappedUsage(context.command, context.programName)}`);
  }
  if (causes.length > 0) {
    lines.push("", "Caused by:");
    const [only, ...others] = causes;
    if (others.length === 0) lines.push(`    ${only}`);
    else lines.push(...causes.map((cause, index) => `    ${index}: ${cause}`));
  }
  return lines;
}
