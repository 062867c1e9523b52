import type { Command } from "../command.ts";

/** `help` (spec: cli.md §1.6). */
export const helpCommand: Command = {
  name: "help",
  description: "Explain commands.",
  positionals: [{
    name: "command",
    type: { kind: "string" },
    repeatable: true,
    completion: "command",
    description: "Command to explain; all if absent.",
  }],
  options: [{
    name: "verbose",
    type: { kind: "boolean" },
    description: "Also show parameters and descriptions.",
  }],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/show_help.ts")).showHelp(values, context),
};
