import type { CommandValues } from "../arguments/command_values.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import { ReportedFailure } from "../background/reported_failure.ts";
import type { Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";

const SPAN = { kind: "string", format: TIME_SPAN_FORMAT } as const;

const AGE_OPTIONS: readonly Parameter[] = [
  {
    name: "max-age",
    type: SPAN,
    default: "26h",
    description: "Age of a group's newest snapshot from which it is critical, e.g. 26h or 2d.",
  },
  {
    name: "warn-age",
    type: SPAN,
    description: "Age of a group's newest snapshot from which there is a warning.",
  },
  {
    name: "max-verify-age",
    type: SPAN,
    description:
      "Time without a verification of any snapshot from which it is critical; one that " +
      "was never verified counts from its backup.",
  },
  {
    name: "warn-verify-age",
    type: SPAN,
    description: "Time without a verification from which there is a warning.",
  },
];

/** `check`: ours, whether backups are as new as they should be, for Nagios and its likes. */
export const command: CommandDefinition = {
  description: "Check for a monitoring system whether the newest snapshots are new enough and " +
    "verifications succeeded: one line with performance data; exit code 0 ok, 1 warning, " +
    "2 critical, 3 unknown.",
  positionals: [{
    ...GROUP_POSITIONAL,
    required: false,
    repeatable: true,
    description: "Groups type/id that have to be there; all groups of the namespace and those " +
      "below it if absent.",
  }],
  options: [...AGE_OPTIONS, ...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  failureCode: 3,
  run: checkHealth,
};

async function checkHealth(values: CommandValues, context: CommandContext): Promise<void> {
  const { runCheck } = await import("../monitoring/run_check.ts");
  const span = (name: string) => {
    const text = values.text(name);
    return text === undefined ? undefined : parseTimeSpan(text);
  };
  const code = await runCheck(values, context, {
    maxAge: span("max-age"),
    warnAge: span("warn-age"),
    maxVerifyAge: span("max-verify-age"),
    warnVerifyAge: span("warn-verify-age"),
  });
  if (code !== 0) throw new ReportedFailure(code);
}
