import type { Command } from "../command.ts";
import { LOCK_WAIT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot notes update` (spec: cli.md §4.4). */
export const snapshotNotesUpdateCommand: Command = {
  name: "snapshot notes update",
  description: "Replace the notes of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL, {
    name: "notes",
    type: { kind: "string" },
    required: true,
    description: "The notes; empty to remove them.",
  }],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/snapshot_notes.ts")).updateNotes(values, context),
};
