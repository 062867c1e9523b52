import { assertEquals } from "@std/assert";
import { ArgumentError } from "../../cli/arguments/argument_error.ts";
import { findCommand } from "../../cli/arguments/find_command.ts";
import { GroupError } from "../../cli/arguments/group_error.ts";
import { parseCommandLine } from "../../cli/arguments/parse_command_line.ts";
import {
  RECORDED_ALIASES,
  RECORDED_COMMANDS,
  RECORDED_RUNS,
  toCommand,
} from "../support/cli_vectors.ts";

const table = {
  commands: RECORDED_COMMANDS.map(toCommand),
  aliases: RECORDED_ALIASES,
  absent: [],
};

/** Recorded runs whose words we take differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "split-double-dash": "the word -- itself is dropped",
  "split-double-dash-after": "the word -- itself is dropped",
  "split-double-dash-then-option": "the word -- itself is dropped",
  "val-rate-32": "inf is no size",
  "val-rate-33": "nan is no size",
  "repo-opt-14": "a repository with a slash is a datastore directory",
};

/** What the official client said about the words, undefined if it accepted them. */
function recordedComplaint(stderr: string): string | undefined {
  return /^Error: ([^]*?)\n\n?Usage: <USAGE>\n*$/.exec(stderr)?.[1];
}

/** What we say about the words. */
function complaint(argv: readonly string[]): string | undefined {
  try {
    const { command, rest } = findCommand(table, argv.map((text) => ({ text })));
    parseCommandLine(command, rest);
    return undefined;
  } catch (error) {
    if (error instanceof ArgumentError || error instanceof GroupError) return error.message;
    throw error;
  }
}

const SPECIAL = ["bashcomplete", "printdoc"];
const runs = RECORDED_RUNS.filter(({ argv, stderr }) =>
  stderr !== null && !SPECIAL.includes(argv[0] ?? "") &&
  !argv.some((word) => word.includes("<CUT "))
);

const outcomes = runs.map(({ name, argv, stderr }) => ({
  name,
  argv,
  expected: recordedComplaint(stderr!),
  actual: complaint(argv),
}));
const different = outcomes.filter(({ actual, expected }) => actual !== expected);

Deno.test(`${outcomes.length - different.length} of ${outcomes.length} recorded command lines are accepted or refused in the same words`, () => {
  for (const { name, argv, expected, actual } of different) {
    if (name in KEPT_DIFFERENCES) continue;
    assertEquals(actual, expected, `run ${name}: ${argv.join(" ")}`);
  }
  // A difference that is gone must leave the list.
  assertEquals(different.map(({ name }) => name), Object.keys(KEPT_DIFFERENCES));
});
