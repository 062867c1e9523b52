import { expandAlias, membersOf, selectMember } from "../arguments/find_command.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { ABSENT_COMMANDS, ALIASES, COMMANDS, PROGRAM_NAME } from "../command_table.ts";
import { usageLines, usageText } from "../help/usage_text.ts";

/** `help [command …]`: explains a command, or lists those of a group (spec: cli.md §1.6). */
export function showHelp(values: CommandValues, context: CommandContext): void {
  const words = values.arguments("command");
  const names = [...COMMANDS.map((command) => command.name), ...ABSENT_COMMANDS];
  let path = "";
  for (const { text } of expandAlias(ALIASES, words)) {
    const member = selectMember(membersOf(names, path), text);
    if (member === undefined) {
      const asked = words.map((word) => word.text).join(" ");
      context.output.errorLine(`no such command '${asked}'`);
      return;
    }
    path = path === "" ? member : `${path} ${member}`;
  }
  const leaf = COMMANDS.find((command) => command.name === path);
  const members = COMMANDS.filter((command) => path === "" || command.name.startsWith(`${path} `));
  if (leaf !== undefined) {
    const below = members.length === 0 ? "" : `\nBelow it:\n\n${usageLines(members, PROGRAM_NAME)}`;
    context.output.print(
      values.flag("verbose", true)
        ? `Usage: ${usageText(leaf, PROGRAM_NAME)}${below}`
        : `Usage: ${usageLines([leaf, ...members], PROGRAM_NAME)}`,
    );
    return;
  }
  if (members.length === 0) {
    context.output.errorLine(`command '${path}' is not available in this version`);
    return;
  }
  context.output.print(
    values.flag("verbose")
      ? `Usage:\n\n${members.map((command) => usageText(command, "")).join("\n\n")}`
      : `Usage:\n\n${usageLines(members, "")}`,
  );
}
