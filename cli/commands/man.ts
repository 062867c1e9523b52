import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { describeSystemError } from "../files/describe_system_error.ts";
import { loadCommands } from "../load_commands.ts";
import { manualPages } from "../manual/manual_pages.ts";
import { VERSION } from "../version.ts";

/** `man`: ours, writes the manual pages. */
export const command: CommandDefinition = {
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
  run: writeManualPages,
};

/**
 * `man DIRECTORY`: writes the manual pages.
 *
 * @throws {UsageError} if they cannot be written there.
 */
async function writeManualPages(
  values: CommandValues,
  { program, table, environment, output }: CommandContext,
): Promise<void> {
  const directory = values.requiredText("directory");
  const date = editionDate(environment.get("SOURCE_DATE_EPOCH"));
  const pages = manualPages(await loadCommands(table.commands), table.aliases, {
    program: program.name,
    description: program.description,
    subject: await program.loadManual(),
    version: VERSION,
    date,
  });
  try {
    Deno.mkdirSync(directory, { recursive: true });
    for (const page of pages) {
      const path = `${directory}/${page.name}.1`;
      Deno.writeTextFileSync(`${path}.new`, page.toString());
      Deno.renameSync(`${path}.new`, path);
    }
  } catch (error) {
    throw new UsageError(
      `unable to write manual pages to "${directory}": ${describeSystemError(error)}`,
    );
  }
  output.log("info", `wrote ${pages.length} manual pages to "${directory}"`);
}

/**
 * The date that pages bear, `YYYY-MM-DD`: that of the sources where a build is to be repeatable.
 *
 * @param seconds Since 1970, as text; absent for today.
 */
function editionDate(seconds: string | undefined): string {
  if (seconds !== undefined && !/^\d{1,11}$/.test(seconds)) {
    throw new UsageError(`SOURCE_DATE_EPOCH is no number of seconds: '${seconds}'`);
  }
  const date = seconds === undefined ? new Date() : new Date(Number(seconds) * 1000);
  return date.toISOString().slice(0, 10);
}
