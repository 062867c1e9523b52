import { membersOf } from "../arguments/find_command.ts";
import type { Command } from "../command.ts";
import type { Program } from "../program.ts";
import { groupDescription } from "./group_description.ts";
import { summary } from "./summary.ts";
import { wrapText } from "./wrap_text.ts";

/** Columns between a command's name and its description, at least. */
const GAP = 2;

interface Row {
  readonly name: string;
  readonly description: string;
}

/**
 * Overview of the commands of a group, which `--help` shows where no command is named. Of the whole
 * program it shows groups, not their commands.
 *
 * @param path Words of the group; empty for the whole program.
 */
export function overviewText(
  commands: readonly Command[],
  path: string,
  { name: programName, description, abbreviation }: Program,
): string {
  const rows = path === "" ? topRows(commands) : groupRows(commands, `${path} `);
  const indent = Math.max(...rows.map(({ name }) => name.length)) + 1 + GAP;
  const prefix = path === "" ? "" : `${path} `;
  const advice = [
    `'${programName} ${prefix}COMMAND --help' explains a command and its options.`,
    ...(path === ""
      ? [
        `Names of commands may be shortened as long as they are unique, e.g. '${abbreviation}'.`,
        "The exit code is 0 if all went well, else 255.",
      ]
      : []),
  ].join(" ");
  return [
    `${programName} ${prefix}COMMAND [OPTIONS]`,
    paragraph(path === "" ? description : groupDescription(path)),
    "Commands:",
    rows.map((row) => renderRow(row, indent)).join("\n"),
    paragraph(advice),
  ].join("\n\n") + "\n";
}

function topRows(commands: readonly Command[]): Row[] {
  const names = commands.map(({ name }) => name);
  return membersOf(names, "").map((word) => {
    const command = commands.find(({ name }) => name === word);
    return command === undefined
      ? { name: `${word} COMMAND`, description: groupDescription(word) }
      : { name: word, description: summary(command.description) };
  });
}

function groupRows(commands: readonly Command[], prefix: string): Row[] {
  return commands.filter(({ name }) => name.startsWith(prefix)).map(({ name, description }) => ({
    name: name.slice(prefix.length),
    description: summary(description),
  }));
}

function renderRow({ name, description }: Row, indent: number): string {
  const lines = wrapText(description.split(" "), indent);
  return ` ${name}`.padEnd(indent) + lines.join("\n").slice(indent);
}

function paragraph(text: string): string {
  return wrapText(text.split(" "), 0).join("\n");
}
