import type { Command } from "../command.ts";

/** `man`: ours, writes the manual pages. */
export const manCommand: Command = {
  name: "man",
  description: "Write the manual pages: one for the program, one for each command and group.",
  positionals: [{
    name: "directory",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description: "Directory to write them to, usually called man1; created if it is not there.",
  }],
  options: [],
  output: "none",
  isOurs: true,
  run: async (values, context) =>
    (await import("../handlers/write_manual_pages.ts")).writeManualPages(values, context),
};
