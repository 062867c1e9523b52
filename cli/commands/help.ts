import type { CommandValues } from "../arguments/command_values.ts";
import { expandAlias, membersOf, ourMembers, selectMember } from "../arguments/find_command.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { loadCommands } from "../load_commands.ts";
import { usageLines, usageText } from "../help/usage_text.ts";

/** `help` (spec: cli.md §1.6). */
export const command: CommandDefinition = {
  description: "Explain commands.",
  positionals: [{
    name: "command",
    type: { kind: "string" },
    repeatable: true,
    completion: "command",
    description: "Command to explain; all if absent.",
  }],
  options: [{
    name: "verbose",
    type: { kind: "boolean" },
    description: "Also show parameters and descriptions.",
  }],
  output: "none",
  run: showHelp,
};

/** `help [command …]`: explains a command, or lists those of a group (spec: cli.md §1.6). */
async function showHelp(values: CommandValues, context: CommandContext): Promise<void> {
  const { commands, aliases, absent } = context.table;
  const program = context.program.name;
  const words = values.arguments("command");
  const names = [...commands.map(({ name }) => name), ...absent];
  let path = "";
  for (const { text } of expandAlias(aliases, words)) {
    const member = selectMember(
      membersOf(names, path),
      text,
      ourMembers({ commands, absent }, path),
    );
    if (member === undefined) {
      const asked = words.map((word) => word.text).join(" ");
      context.output.errorLine(`no such command '${asked}'`);
      return;
    }
    path = path === "" ? member : `${path} ${member}`;
  }
  const leaf = await commands.find(({ name }) => name === path)?.load();
  const members = await loadCommands(
    commands.filter(({ name }) => path === "" || name.startsWith(`${path} `)),
  );
  if (leaf !== undefined) {
    const below = members.length === 0 ? "" : `\nBelow it:\n\n${usageLines(members, program)}`;
    context.output.print(
      values.flag("verbose", true)
        ? `Usage: ${usageText(leaf, program)}${below}`
        : `Usage: ${usageLines([leaf, ...members], program)}`,
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
