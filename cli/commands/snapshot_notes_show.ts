import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot notes show` (spec: cli.md §4.4). */
export const snapshotNotesShowCommand: Command = {
  name: "snapshot notes show",
  description: "Show the notes of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/snapshot_notes.ts")).showNotes(values, context),
};
