import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { ALIASES, COMMANDS, PROGRAM_NAME } from "../command_table.ts";
import { describeSystemError } from "../environment/describe_system_error.ts";
import { manualPages } from "../manual/manual_pages.ts";
import { VERSION } from "../version.ts";

/**
 * `man DIRECTORY`: writes the manual pages.
 *
 * @throws {UsageError} if they cannot be written there.
 */
export function writeManualPages(
  values: CommandValues,
  { environment, output }: CommandContext,
): void {
  const directory = values.requiredText("directory");
  const date = editionDate(environment.get("SOURCE_DATE_EPOCH"));
  const pages = manualPages(COMMANDS, ALIASES, { program: PROGRAM_NAME, version: VERSION, date });
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
