import type { Parameter } from "../command.ts";

/** Form of the result on the standard output (spec: cli.md §1.7). */
export const OUTPUT_FORMAT_OPTION: Parameter = {
  name: "output-format",
  type: { kind: "enum", values: ["text", "json", "json-pretty"] },
  description: "Form of the result.",
};

/** The option by which scripts learn of warnings. */
export const WARNINGS_EXIT_OPTION: Parameter = {
  name: "warnings-exit",
  type: { kind: "integer", minimum: 0, maximum: 255 },
  default: 0,
  description:
    "Exit code of a run that succeeds with warnings, such as files that could not be read.",
};

/** How much a long run says. */
export const VERBOSITY_OPTIONS: readonly Parameter[] = [
  {
    name: "quiet",
    type: { kind: "boolean" },
    default: false,
    description: "Show only warnings, errors and results.",
  },
  {
    name: "verbose",
    type: { kind: "boolean" },
    default: false,
    description: "Show more, e.g. each path of a backup; like PBS_LOG=debug.",
  },
];
