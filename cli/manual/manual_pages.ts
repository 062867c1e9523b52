import type { Command } from "../command.ts";
import { commandPage } from "./command_page.ts";
import { groupPage } from "./group_page.ts";
import type { Edition, ManualPage } from "./manual_page.ts";
import { pageName } from "./page_name.ts";
import { programPage } from "./program_page.ts";

/** The page of the program, one of each command and one of each group of commands. */
export function manualPages(
  commands: readonly Command[],
  aliases: ReadonlyMap<string, string>,
  edition: Edition,
): ManualPage[] {
  const names = new Set(commands.map(({ name }) => name));
  const groups = [...new Set(commands.flatMap(({ name }) => groupsOf(name)))]
    .filter((group) => !names.has(group));
  const membersOf = (group: string) => commands.filter(({ name }) => name.startsWith(`${group} `));
  const related = (name: string) =>
    [...groupsOf(name).slice(-1), ...membersOf(name).map((member) => member.name)]
      .map((other) => pageName(edition.program, other));
  return [
    programPage(commands, aliases, edition),
    ...groups.map((group) => groupPage(group, membersOf(group), edition)),
    ...commands.map((command) => commandPage(command, edition, related(command.name))),
  ];
}

/** `snapshot` and `snapshot notes` of `snapshot notes show`. */
function groupsOf(name: string): string[] {
  const words = name.split(" ");
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join(" "));
}
