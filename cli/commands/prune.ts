import type { Command, Parameter } from "../command.ts";
import {
  GROUP_POSITIONAL,
  LOCK_WAIT_OPTION,
  OUTPUT_FORMAT_OPTION,
  TARGET_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "./shared_options.ts";

function keep(period: string, description: string): Parameter {
  return { name: `keep-${period}`, type: { kind: "integer", minimum: 1 }, description };
}

/** `prune` (spec: cli.md §4.7). */
export const pruneCommand: Command = {
  name: "prune",
  description: "Remove the snapshots of a group that no rule keeps.",
  positionals: [GROUP_POSITIONAL],
  options: [
    ...TARGET_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    LOCK_WAIT_OPTION,
    {
      name: "dry-run",
      type: { kind: "boolean" },
      description: "Show what would be removed, remove nothing.",
    },
    keep("last", "How many of the newest snapshots to keep."),
    keep("hourly", "Of how many hours to keep the last snapshot."),
    keep("daily", "Of how many days to keep the last snapshot."),
    keep("weekly", "Of how many weeks to keep the last snapshot."),
    keep("monthly", "Of how many months to keep the last snapshot."),
    keep("yearly", "Of how many years to keep the last snapshot."),
    {
      name: "max-depth",
      type: { kind: "integer", minimum: 0, maximum: 7 },
      description: "Accepted for compatibility; repositories refuse it.",
    },
    {
      name: "quiet",
      type: { kind: "boolean" },
      default: false,
      description: "Show only what is removed.",
    },
    WARNINGS_EXIT_OPTION,
  ],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/prune_group.ts")).pruneGroup(values, context),
};
