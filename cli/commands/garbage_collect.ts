import type { Command } from "../command.ts";
import { TIME_SPAN_FORMAT } from "../arguments/value_formats.ts";
import {
  LOCK_WAIT_OPTION,
  OUTPUT_FORMAT_OPTION,
  REPOSITORY_OPTIONS,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "./shared_options.ts";

/** `garbage-collect` (spec: cli.md §4.6). */
export const garbageCollectCommand: Command = {
  name: "garbage-collect",
  description: "Remove chunks that no snapshot uses.",
  positionals: [],
  options: [
    ...REPOSITORY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    LOCK_WAIT_OPTION,
    {
      name: "cutoff",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description:
        "Remove what was not used for this long; 1d5m if absent. 0 frees everything that can " +
        "be freed now, for example when the disk is full. Datastore directories only.",
    },
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/collect_garbage.ts")).collectGarbage(values, context),
};
