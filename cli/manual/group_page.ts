import type { Command } from "../command.ts";
import { groupDescription } from "../help/group_description.ts";
import { headline, synopsisOf } from "./command_page.ts";
import { type Edition, ManualPage } from "./manual_page.ts";
import { pageName } from "./page_name.ts";
import { bold, escapeRoff, italic } from "./roff.ts";
import { addExitStatus } from "./shared_sections.ts";

/**
 * The page of a group of commands, which refers to those of its members.
 *
 * @param members The commands whose names begin with the group's.
 */
export function groupPage(
  group: string,
  members: readonly Command[],
  edition: Edition,
): ManualPage {
  const { program } = edition;
  const description = groupDescription(group);
  const page = new ManualPage(pageName(program, group), headline(description), edition);
  page.heading("SYNOPSIS");
  page.synopsis([bold(`${program} ${group}`), italic("command"), `[${italic("options")}]`]);
  page.heading("DESCRIPTION");
  page.paragraph(`${escapeRoff(description)} Each command has a page of its own.`);
  page.heading("COMMANDS");
  for (const member of members) {
    page.definition(synopsisOf(member, "").join(" "), escapeRoff(member.description));
  }
  addExitStatus(page, edition.subject.exitCodes);
  page.heading("SEE ALSO");
  page.references([program, ...members.map(({ name }) => pageName(program, name))]);
  return page;
}
