import type { Command } from "../command.ts";
import { PROGRAM_DESCRIPTION } from "../help/overview_text.ts";
import { synopsisOf } from "./command_page.ts";
import { ENVIRONMENT_VARIABLES } from "./environment_variables.ts";
import { EXAMPLES } from "./examples.ts";
import { type Edition, ManualPage } from "./manual_page.ts";
import { pageName } from "./page_name.ts";
import { bold, escapeRoff, italic } from "./roff.ts";
import { addEnvironment, addExamples, addExitStatus, addFiles } from "./shared_sections.ts";
import { USED_FILES } from "./used_files.ts";

/** The line that `whatis` shows. */
const HEADLINE = "back up to a Proxmox Backup Server or a datastore directory, and restore";

/** Terms and rules that concern most commands: a heading, then paragraphs. */
const SUBJECTS: readonly (readonly [heading: string, ...paragraphs: string[]])[] = [
  [
    "REPOSITORIES",
    "A repository is where backups are kept. With a slash in it, it is the path of a datastore " +
    "directory of this machine, which is used without a server: /srv/backup, ./store. Else it is " +
    "a datastore of a server: [[auth-id@]server[:port]:]datastore, for instance store1, " +
    "pbs.example.com:store1 or backup@pbs!token@[fd00::5]:8008:store1. Left out are the user " +
    "root@pam, the server localhost and the port 8007.",
    "It comes from --repository, or in parts from --server, --port, --datastore and --auth-id, " +
    "or else from the environment: PBS_REPOSITORY, or PBS_DATASTORE and the variables beside it. " +
    "The whole and its parts cannot be mixed.",
  ],
  [
    "GROUPS, SNAPSHOTS AND NAMESPACES",
    "A snapshot is what one backup has stored. It is written type/id/time with the time in UTC, " +
    "for instance host/web1/2026-03-05T01:00:00Z; the type is host, vm or ct. All snapshots of a " +
    "type and id are a group, for instance host/web1.",
    "A namespace is a folder of groups and further namespaces, for instance site/web, up to seven " +
    "levels deep. --ns or PBS_NAMESPACE says which one is meant; the root has the empty name.",
  ],
  [
    "ARCHIVES",
    "A snapshot consists of archives. What backup makes of a source follows from the name it is " +
    "given: name.pxar of a directory with all that is below it, name.img of an image or block " +
    "device, name.conf and name.log of a single file.",
  ],
  [
    "PATTERNS",
    "Patterns choose files in backups (--exclude, files named .pxarexclude) and in restores " +
    "(--pattern). * stands for any characters but the slash, ? for one of them, [...] for one of " +
    "a set, ** between slashes for any number of directories. A pattern with a slash in front " +
    "begins at the root of the archive, others match at any depth; a trailing slash means " +
    "directories only; ! in front turns its meaning round. The last pattern that matches counts.",
  ],
  [
    "ENCRYPTION",
    "With a key, chunks and files are encrypted before they leave this program. The key is " +
    "--keyfile or --keyfd, or the default one if there is one; --crypt-mode none leaves data " +
    "plain, --crypt-mode sign-only plain but signed. What is lost with the key cannot be " +
    "restored: keep a copy, on paper (key paperkey), or encrypted with a master key.",
  ],
  [
    "COMMAND LINES",
    "Options and arguments may stand in any order after the command. --name value and " +
    "--name=value are the same, and so are one dash and two. Values that begin with a dash need " +
    "the form with =. The word -- ends the options. Booleans are yes, on, true or 1, and no, off, " +
    "false or 0; a boolean option whose default is no means yes if it stands alone. Commands may be " +
    "shortened as long as they are unique; options may not. --help or -h after a command " +
    "explains it, --debug shows stacks of failures.",
    "Results go to the standard output, messages and questions to the standard error.",
  ],
];

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
  const { program } = edition;
  const page = new ManualPage(program, HEADLINE, edition);
  page.heading("SYNOPSIS");
  page.synopsis([
    bold(program),
    italic("command"),
    `[${italic("arguments")}]`,
    `[${italic("options")}]`,
  ]);
  page.heading("DESCRIPTION");
  page.paragraph(escapeRoff(PROGRAM_DESCRIPTION));
  page.paragraph(
    escapeRoff(
      "It reads and writes the formats of the official client, proxmox-backup-client, and takes " +
        "its command lines. Each command has a page of its own.",
    ),
  );
  page.heading("COMMANDS");
  for (const command of commands) {
    page.definition(synopsisOf(command, "").join(" "), escapeRoff(command.description));
  }
  for (const [heading, ...paragraphs] of SUBJECTS) {
    page.heading(heading);
    for (const paragraph of paragraphs) page.paragraph(escapeRoff(paragraph));
  }
  const old = [...aliases].map(([name, meaning]) => `${bold(name)} for ${bold(meaning)}`);
  page.paragraph(`Older names of commands work as well: ${old.join(", ")}.`);
  addExamples(page, EXAMPLES.get("") ?? [], program);
  addEnvironment(page, ENVIRONMENT_VARIABLES);
  addFiles(page, USED_FILES);
  addExitStatus(page);
  page.heading("SEE ALSO");
  page.references(commands.map(({ name }) => pageName(program, name)));
  return page;
}
