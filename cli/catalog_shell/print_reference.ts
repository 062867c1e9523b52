import { loadCommands } from "../load_commands.ts";
import { referenceText } from "../help/reference_text.ts";
import type { Output } from "../output/output.ts";
import { shellProgram } from "./shell_program.ts";

/** Prints the commands of a catalog shell as reStructuredText (spec: cli.md §7.3). */
export async function printReference(output: Output): Promise<void> {
  const { table } = shellProgram(() => {
    throw new TypeError("no session to run a command in");
  });
  output.print(referenceText(await loadCommands(table.commands), ""));
}
