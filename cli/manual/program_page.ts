import type { Command } from "../command.ts";
import { synopsisOf } from "./command_page.ts";
import { type Edition, ManualPage } from "./manual_page.ts";
import { pageName } from "./page_name.ts";
import { bold, escapeRoff, italic } from "./roff.ts";
import { addEnvironment, addExamples, addExitStatus, addFiles } from "./shared_sections.ts";

/**
 * The page of the program: what all commands have in common, and the list of them.
 *
 * @param aliases Older names of commands, with what they stand for.
 */
export function programPage(
  commands: readonly Command[],
  aliases: ReadonlyMap<string, string>,
  edition: Edition,
): ManualPage {
  const { program, subject } = edition;
  const page = new ManualPage(program, subject.headline, edition);
  page.heading("SYNOPSIS");
  page.synopsis([
    bold(program),
    italic("command"),
    `[${italic("arguments")}]`,
    `[${italic("options")}]`,
  ]);
  page.heading("DESCRIPTION");
  page.paragraph(escapeRoff(edition.description));
  page.paragraph(escapeRoff(subject.remark));
  page.heading("COMMANDS");
  for (const command of commands) {
    page.definition(synopsisOf(command, "").join(" "), escapeRoff(command.description));
  }
  for (const [heading, ...paragraphs] of subject.sections) {
    page.heading(heading);
    for (const paragraph of paragraphs) page.paragraph(escapeRoff(paragraph));
  }
  const old = [...aliases].map(([name, meaning]) => `${bold(name)} for ${bold(meaning)}`);
  if (old.length > 0) {
    page.paragraph(`Older names of commands work as well: ${old.join(", ")}.`);
  }
  addExamples(page, subject.examples.get("") ?? [], program);
  addEnvironment(page, subject.environment);
  addFiles(page, subject.files);
  addExitStatus(page, subject.exitCodes);
  page.heading("SEE ALSO");
  page.references(commands.map(({ name }) => pageName(program, name)));
  return page;
}
