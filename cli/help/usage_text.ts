import type { Command, Parameter, ValueType } from "../command.ts";

const WIDTH = 80;
const INDENT = 13;

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
  const parts = [command.name];
  for (const { name, required, repeatable } of command.positionals) {
    const inner = repeatable ? `{<${name}>}` : `<${name}>`;
    parts.push(required ? inner : `[${inner}]`);
  }
  for (const option of sorted(command.options.filter((candidate) => candidate.required))) {
    parts.push(`--${option.name} ${typeText(option.type)}`);
  }
  if (command.options.some((option) => !option.required)) parts.push("[OPTIONS]");
  return parts.join(" ");
}

/** Usage line, description and parameters of a command. */
export function usageText(command: Command, programName: string): string {
  const blocks = [
    [programName, usageLine(command)].filter((part) => part !== "").join(" "),
    wrap(command.description, 0),
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

/** Usage lines of several commands, one a line. */
export function usageLines(commands: readonly Command[], programName: string): string {
  const prefix = programName === "" ? "" : `${programName} `;
  return commands.map((command) => `${prefix}${usageLine(command)}\n`).join("");
}

function describe(parameter: Parameter, shown: string): string {
  const declared = parameter.default === undefined ? "" : `   (default=${parameter.default})`;
  const remark = parameter.repeatable ? " Can be given more than once." : "";
  return ` ${shown.padEnd(10)} ${typeText(parameter.type)}${declared}\n` +
    wrap(parameter.description + remark, INDENT);
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => " ".repeat(indent) + each).join("\n");
}

function sorted(parameters: readonly Parameter[]): Parameter[] {
  return parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
