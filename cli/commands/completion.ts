import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { bashScript } from "../completion/scripts/bash.ts";
import { fishScript } from "../completion/scripts/fish.ts";
import { zshScript } from "../completion/scripts/zsh.ts";

/** `completion`: ours, prints the completion script of a shell. */
export const command: CommandDefinition = {
  description: "Print the script that completes this program's command lines in a shell.",
  positionals: [{
    name: "shell",
    type: { kind: "enum", values: ["bash", "zsh", "fish"] },
    required: true,
    description: "The shell to print it for.",
  }],
  options: [],
  output: "none",
  run: printCompletionScript,
};

const SCRIPTS: Readonly<Record<string, (program: string) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `completion SHELL`: prints a completion script; the parser has checked the shell. */
function printCompletionScript(values: CommandValues, { output, program }: CommandContext): void {
  output.print(SCRIPTS[values.requiredText("shell")]!(program.name));
}
