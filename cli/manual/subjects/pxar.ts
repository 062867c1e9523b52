import { ENVIRONMENT_VARIABLES } from "../environment_variables.ts";
import { EXIT_CODES } from "../exit_codes.ts";
import type { Example } from "../examples.ts";
import type { ManualSubject } from "../manual_subject.ts";
import { COMMAND_LINES_SECTION, PATTERNS_SECTION } from "./shared.ts";

const EXAMPLES: ReadonlyMap<string, readonly Example[]> = new Map([
  ["", [
    { text: "Make an archive of a directory:", line: "create etc.pxar /etc" },
    { text: "List what is in it:", line: "list etc.pxar" },
    { text: "Extract it:", line: "extract etc.pxar ./old" },
  ]],
  ["create", [
    {
      text: "Leave out, at any depth, files with a certain ending:",
      line: "create home.pxar /home --exclude '*.tmp'",
    },
    {
      text: "Make a split archive: entries in one file, contents in another:",
      line: "create etc.mpxar /etc --payload-output etc.ppxar",
    },
    {
      text: "Send it through a pipe:",
      line: "create /dev/stdout /etc | zstd > etc.pxar.zst",
    },
  ]],
  ["extract", [
    {
      text: "Extract one directory of an archive:",
      line: "extract etc.pxar ./old --pattern /network",
    },
    {
      text: "Extract what comes through a pipe, into a directory that has some of it:",
      line: "extract - /srv/copy --allow-existing-dirs --overwrite < etc.pxar",
    },
  ]],
  ["list", [
    {
      text: "List a split archive:",
      line: "list etc.mpxar --payload-input etc.ppxar",
    },
  ]],
  ["mount", [
    {
      text: "Look into an archive with whatever works with files, until Ctrl-C:",
      line: "mount etc.pxar /mnt",
    },
  ]],
]);

/** Variables of all commands that concern this program as well. */
const SHARED_VARIABLES: ReadonlySet<string> = new Set([
  "COMP_LINE",
  "COMP_POINT",
  "PBS_CLIENT_NATIVE",
  "SOURCE_DATE_EPOCH",
  "TZ",
]);

/** Subject of the manual pages of the companion. */
export const PXAR_SUBJECT: ManualSubject = {
  headline: "make, extract, list and mount file archives of the backup client",
  remark:
    "It takes the command lines of the official program of the same name, and makes the same " +
    "archives. Each command has a page of its own.",
  sections: [
    [
      "ARCHIVES",
      "An archive holds a directory with all that is below it: metadata, extended attributes, ACLs, " +
      "capabilities and hard links. It is what the backup client stores of " +
      "a directory, here in a plain file. A split archive is two files: one with the entries (.mpxar) " +
      "and one with the contents of files (.ppxar).",
    ],
    PATTERNS_SECTION,
    COMMAND_LINES_SECTION,
  ],
  examples: EXAMPLES,
  environment: [
    ...ENVIRONMENT_VARIABLES.filter(({ name }) => SHARED_VARIABLES.has(name)),
    {
      name: "PXAR_LOG",
      description:
        "Least important messages that are shown: off, error, warn, info (the default), " +
        "debug or trace. With debug, list shows entries with their metadata, and create names each " +
        "entry. PBS_LOG does not count.",
    },
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  files: [{
    path: ".pxarexclude",
    concerns: ({ name }) => name === "create",
    description: "In a directory that is archived: a pattern a line of what to leave out there " +
      "and below.",
  }],
  exitCodes: EXIT_CODES.filter(({ shown }) => !["code", "1, 2, 3"].includes(shown)),
};
