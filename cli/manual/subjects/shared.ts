import type { ManualSection } from "../manual_subject.ts";

/** Meaning of patterns. */
export const PATTERNS_SECTION: ManualSection = [
  "PATTERNS",
  "Patterns choose files in backups (--exclude, files named .pxarexclude) and in restores " +
  "(--pattern). * stands for any characters but the slash, ? for one of them, [...] for one of " +
  "a set, ** between slashes for any number of directories. A pattern with a slash in front " +
  "begins at the root of the archive, others match at any depth; a trailing slash means " +
  "directories only; ! in front turns its meaning round. The last pattern that matches counts.",
];

/** How command lines are read. */
export const COMMAND_LINES_SECTION: ManualSection = [
  "COMMAND LINES",
  "Options and arguments may stand in any order after the command. --name value and " +
  "--name=value are the same, and so are one dash and two. Values that begin with a dash need " +
  "the form with =. The word -- ends the options. Booleans are yes, on, true or 1, and no, off, " +
  "false or 0; a boolean option whose default is no means yes if it stands alone. Commands may be " +
  "shortened as long as they are unique; options may not. --help or -h after a command " +
  "explains it, --debug shows stacks of failures.",
  "Results go to the standard output, messages and questions to the standard error.",
];
