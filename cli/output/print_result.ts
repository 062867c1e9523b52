import { PbsError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { OutputFormat } from "./output.ts";
import { tableStyle } from "./output_style.ts";
import type { TableStyle } from "./table.ts";

/** A result in all its forms. */
export interface Result {
  /** The JSON value; in the order the repository gave it. */
  readonly json: unknown;
  /** The text form. */
  readonly text: (style: TableStyle) => string;
}

const FORMATS: readonly string[] = ["text", "json", "json-pretty"] satisfies OutputFormat[];

/** The format asked for by option or variable, as it was written (spec: cli.md §1.7). */
function askedFormat(values: CommandValues, context: CommandContext): string {
  return values.text("output-format") ??
    context.environment.get("PROXMOX_OUTPUT_FORMAT") ?? "text";
}

/**
 * The format of a result that is no table.
 *
 * @throws {PbsError} if the variable asks for an unknown one.
 */
export function valueFormat(values: CommandValues, context: CommandContext): OutputFormat {
  const format = askedFormat(values, context);
  if (!isFormat(format)) throw new PbsError(`undefined output format '${format}'`);
  return format;
}

/**
 * Prints a result that is a table. An unknown format from the environment is reported and is no
 * failure: the command has done its work by then (spec: cli.md §1.5).
 */
export function printTable(values: CommandValues, context: CommandContext, result: Result): void {
  const format = askedFormat(values, context);
  if (!isFormat(format)) {
    context.output.errorLine(`undefined output format '${format}'`);
    return;
  }
  if (format !== "text") {
    context.output.printJson(result.json, format);
    return;
  }
  const { environment, output } = context;
  const style = tableStyle(environment, output.resultWidth);
  output.print(result.text({ ...style, hasColors: output.showsColors }));
}

function isFormat(text: string): text is OutputFormat {
  return FORMATS.includes(text);
}
