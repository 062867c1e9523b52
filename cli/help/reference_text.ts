import type { Command, Parameter } from "../command.ts";
import { typeText, usageLine } from "./usage_text.ts";

/**
 * All commands as reStructuredText, a section each (spec: cli.md §1.2).
 *
 * @param commands In the order in which they are to appear.
 * @param programName Title of the text, and first word of each line; empty for commands of no program.
 */
export function referenceText(commands: readonly Command[], programName: string): string {
  const sections = commands.map((command) => section(command, programName));
  const title = programName === "" ? [] : [heading(programName, "=")];
  return [...title, ...sections].join("\n\n") + "\n";
}

function section(command: Command, programName: string): string {
  const { positionals, options } = command;
  const sorted = options.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const required = sorted.filter((option) => option.required);
  const optional = sorted.filter((option) => !option.required);
  return [
    heading(command.name, "-"),
    literal(`${programName} ${usageLine(command)}`.trimStart()),
    escape(command.description),
    ...positionals.map((parameter) => definition(parameter, `<${parameter.name}>`)),
    ...required.map((parameter) => definition(parameter, `--${parameter.name}`)),
    ...(optional.length > 0 ? ["Optional parameters:"] : []),
    ...optional.map((parameter) => definition(parameter, `--${parameter.name}`)),
  ].join("\n\n");
}

function heading(text: string, line: string): string {
  return `${text}\n${line.repeat(text.length)}`;
}

/** An entry of a definition list; the type and the default are its classifiers. */
function definition(parameter: Parameter, shown: string): string {
  const classifiers = [typeText(parameter.type)];
  if (parameter.default !== undefined) classifiers.push(`default: ${parameter.default}`);
  const term = [shown, ...classifiers].map(literal).join(" : ");
  const remark = parameter.repeatable ? " Can be given more than once." : "";
  return `${term}\n  ${escape(parameter.description)}${remark}`;
}

function literal(text: string): string {
  return `\`\`${text}\`\``;
}

/** Text in which no character means markup. */
function escape(text: string): string {
  return text.replace(/[\\*`|_]/g, "\\$&");
}
