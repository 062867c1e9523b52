import type { Parameter } from "../command.ts";
import { LOCK_WAIT_OPTION } from "./lock_wait_option.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS, WARNINGS_EXIT_OPTION } from "./output_options.ts";
import { RATE_OPTIONS } from "./rate_options.ts";

/** Options of what moves snapshots from one repository to another: how it goes about it, what it shows. */
export const COPYING_OPTIONS: readonly Parameter[] = [
  {
    name: "retry",
    type: { kind: "integer", minimum: 0, maximum: 100 },
    default: 3,
    description: "How often to begin a snapshot again when a connection is lost.",
  },
  ...RATE_OPTIONS,
  LOCK_WAIT_OPTION,
  ...VERBOSITY_OPTIONS,
  OUTPUT_FORMAT_OPTION,
  WARNINGS_EXIT_OPTION,
];
