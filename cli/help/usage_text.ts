import type { Command, Parameter, ValueType } from "../command.ts";
import { valueNotes } from "./value_notes.ts";
import { wrapText } from "./wrap_text.ts";

/** Columns in front of descriptions (spec: cli.md §1.6). */
const INDENT = 13;
/** Columns in front of what does not fit into the first line of a usage. */
const CONTINUATION = 4;
/** Stands in front of the first line where a usage stands alone. */
const LEAD = "Usage: ";

/** The type of a value as usage shows it (spec: cli.md §1.6). */
export function typeText(type: ValueType): string {
  switch (type.kind) {
    case "enum":
      return type.values.join("|");
    case "integer": {
      const { minimum, maximum } = type;
      if (minimum === undefined && maximum === undefined) return "<integer>";
      return `<integer> (${minimum ?? "-N"} - ${maximum ?? "N"})`;
    }
    default:
      return `<${kindName(type)}>`;
  }
}

function kindName(type: ValueType): string {
  return type.kind === "string" ? "string" : type.kind;
}

/**
 * The usage line of a command, without program name: positionals, required options, and a remark
 * that there are others.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const group = { name: "group", type: { kind: "string" as const }, description: "" };
 * const command = { name: "snapshot list", positionals: [group], options: [group] };
 * assertEquals(usageLine(command), "snapshot list [<group>] [OPTIONS]");
 * ```
 */
export function usageLine(command: Pick<Command, "name" | "positionals" | "options">): string {
  return usageParts(command).join(" ");
}

/** A usage line in pieces that stay together when it is broken. */
function usageParts(command: Pick<Command, "name" | "positionals" | "options">): string[] {
  const parts = [command.name];
  for (const { name, required, repeatable } of command.positionals) {
    const inner = repeatable ? `{<${name}>}` : `<${name}>`;
    parts.push(required ? inner : `[${inner}]`);
  }
  for (const option of sorted(command.options.filter((candidate) => candidate.required))) {
    parts.push(`--${option.name} ${typeText(option.type)}`);
  }
  if (command.options.some((option) => !option.required)) parts.push("[OPTIONS]");
  return parts;
}

/** The usage line, broken where it has to be; `Usage: ` has room in front of it. */
export function wrappedUsage(
  command: Command,
  programName: string,
  lead: number = LEAD.length,
): string {
  const program = programName === "" ? [] : [programName];
  return wrapText([...program, ...usageParts(command)], CONTINUATION, lead)
    .join("\n").slice(lead);
}

/** Usage line, description and parameters of a command; `Usage: ` has room in front of it. */
export function usageText(command: Command, programName: string): string {
  const blocks = [
    wrappedUsage(command, programName),
    wrapText(command.description.split(" "), 0).join("\n"),
  ];
  blocks.push(
    ...command.positionals.map((parameter) => describe(parameter, `<${parameter.name}>`)),
  );
  const required = sorted(command.options.filter((option) => option.required));
  blocks.push(...required.map((parameter) => describe(parameter, `--${parameter.name}`)));
  const optional = sorted(command.options.filter((option) => !option.required));
  if (optional.length > 0) {
    blocks.push("Optional parameters:");
    blocks.push(...optional.map((parameter) => describe(parameter, `--${parameter.name}`)));
  }
  return blocks.join("\n\n") + "\n";
}

/** Usage lines of several commands, one a line unless it is too long. */
export function usageLines(commands: readonly Command[], programName: string): string {
  return commands.map((command) => `${wrappedUsage(command, programName, 0)}\n`).join("");
}

function describe(parameter: Parameter, shown: string): string {
  const declared = parameter.default === undefined ? "" : `   (default=${parameter.default})`;
  const text = [parameter.description, ...valueNotes(parameter)].join(" ");
  return ` ${shown.padEnd(10)} ${typeText(parameter.type)}${declared}\n` +
    wrapText(text.split(" "), INDENT).join("\n");
}

function sorted(parameters: readonly Parameter[]): Parameter[] {
  return parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
