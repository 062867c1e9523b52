import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { PROGRAM_NAME } from "../command_table.ts";
import { bashScript } from "../completion/scripts/bash.ts";
import { fishScript } from "../completion/scripts/fish.ts";
import { zshScript } from "../completion/scripts/zsh.ts";

const SCRIPTS: Readonly<Record<string, (program: string) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `completion SHELL`: prints a completion script; the parser has checked the shell. */
export function printCompletionScript(values: CommandValues, { output }: CommandContext): void {
  output.print(SCRIPTS[values.requiredText("shell")]!(PROGRAM_NAME));
}
