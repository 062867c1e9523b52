import { ALIASES } from "../../cli/command_table.ts";
import { typeText } from "../../cli/help/usage_text.ts";
import {
  compareCommands,
  type ComparedCommand,
  type ComparedParameter,
} from "./compare_commands.ts";

/** Stands where somebody has to write why something differs or is missing. */
export const UNEXPLAINED = "?";

/** What people wrote into the document: remarks by command and parameter. */
export type Remarks = ReadonlyMap<string, string>;

const INTRODUCTION = `# The command table

Every command and option of the official programs (release 4.2.3), and of ours. _There_: the same
name, type, limits, default and place, with a remark if it does something else. _Differs_, _not yet_:
with the reason. _Ours_: the official client has none of it. What commands print and do is held
against recorded runs of the official client; [commands.md](../commands.md) says where that differs.

Written by \`scripts/write_command_table.ts\`, which keeps the reasons. A test fails when a
difference has no reason here, and when there is none any more.

The old names ${
  [...ALIASES].map(([name, meaning]) => `\`${name}\` (\`${meaning}\`)`).join(", ")
}, and the first words \`bashcomplete\` and \`printdoc\`, are there.
`;

const COMPANIONS = `## Other official programs

\`proxmox-file-restore\` (\`list\`, \`extract\`, \`status\`, \`stop\`) and \`dump-catalog-shell-cli\` are
not yet there: files of images need a virtual machine's help, and there is no catalog shell whose
reference could be printed. The options of these two were not recorded.
`;

/**
 * The document of docs/internals/command-table.md, not yet formatted.
 *
 * @param remarks Of these, what fits a difference that exists is taken.
 */
export function commandDocument(remarks: Remarks): string {
  const sections = compareCommands().map((command) => section(command, remarks));
  return [INTRODUCTION, ...sections, COMPANIONS].join("\n");
}

/** The remarks in a document, by `command` and by `command parameter`. */
export function remarksOf(document: string): Remarks {
  const remarks = new Map<string, string>();
  let command = "";
  for (const line of document.split("\n")) {
    command = /^## `(.+)`$/.exec(line)?.[1] ?? command;
    const state = /^State: (?:there|not yet|ours)(?:: (.*))?$/.exec(line);
    if (state?.[1] !== undefined) remarks.set(command, state[1]);
    const row = /^\| `([^`]+)` .*\| (?:there|differs \([^)]*\)|not yet|ours)(?:: (.*?))? *\|$/.exec(
      line,
    );
    if (row?.[2] !== undefined) remarks.set(`${command} ${row[1]}`, row[2]);
  }
  return remarks;
}

/** The lines of a document that say something, without the blanks of its tables. */
export function significantLines(document: string): string[] {
  return document.split("\n")
    .filter((line) => /^(?:## |State: |\| `)/.test(line))
    .map((line) => line.replaceAll(/ +/g, " "));
}

function section(command: ComparedCommand, remarks: Remarks): string {
  const isClient = ["proxmox-backup-client", "pbs-client"].includes(command.program);
  const title = isClient ? command.name : `${command.program} ${command.name}`;
  const needsReason = command.state === "not yet";
  const lines = [`## \`${title}\``, "", `State: ${command.state}${remark(title, needsReason)}`];
  if (command.parameters.length > 0) {
    lines.push("", "| parameter | type | default | state |", "| --- | --- | --- | --- |");
    lines.push(...command.parameters.map(row));
  }
  return lines.join("\n") + "\n";

  function row({ shown, parameter, state, differing }: ComparedParameter): string {
    const traits = [
      ...(parameter.required ? ["required"] : []),
      ...(parameter.repeatable ? ["repeatable"] : []),
    ];
    const type = [
      typeText(parameter.type).replaceAll("|", ", ").replace(/^<(.*?)>/, "$1"),
      ...traits,
    ].join("; ");
    const shownState = state === "differs" ? `differs (${differing.join(", ")})` : state;
    const isReason = state === "differs" || (state === "not yet" && !needsReason);
    const text = remark(`${title} ${shown}`, isReason, state === "differs" ? shown : undefined);
    return `| \`${shown}\` | ${type} | ${parameter.default ?? "-"} | ${shownState}${text} |`;
  }

  /** What is written after a state; the same option differs for the same reason elsewhere. */
  function remark(key: string, isNeeded: boolean, shown?: string): string {
    const elsewhere = [...remarks].find(([place]) => shown && place.endsWith(` ${shown}`))?.[1];
    const text = remarks.get(key) ?? elsewhere ?? (isNeeded ? UNEXPLAINED : undefined);
    return text === undefined ? "" : `: ${text}`;
  }
}
