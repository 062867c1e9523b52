import type { Command } from "../command.ts";

/** `completion`: ours, prints the completion script of a shell. */
export const completionCommand: Command = {
  name: "completion",
  description: "Print the script that completes this program's command lines in a shell.",
  positionals: [{
    name: "shell",
    type: { kind: "enum", values: ["bash", "zsh", "fish"] },
    required: true,
    description: "The shell to print it for.",
  }],
  options: [],
  output: "none",
  isOurs: true,
  run: async (values, context) =>
    (await import("../handlers/print_completion_script.ts")).printCompletionScript(values, context),
};
