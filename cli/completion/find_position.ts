import type { CommandTable } from "../arguments/find_command.ts";
import { expectedPositionals } from "../arguments/expected_positionals.ts";
import { followCommandNames, type FollowedNames } from "../arguments/follow_command_names.ts";
import { ParameterProblems } from "../arguments/parameter_problems.ts";
import { findParameter, splitWords } from "../arguments/split_words.ts";
import type { Command, Parameter } from "../command.ts";
import type { UnfinishedLine } from "./split_unfinished.ts";

/** Position of a word in a command line, by the words before it. */
export type Position =
  | { readonly kind: "command"; readonly path: string }
  | { readonly kind: "option"; readonly options: readonly Parameter[] }
  | {
    readonly kind: "value";
    readonly command: Command;
    readonly parameter: Parameter;
    /** Values that the words before it give, by name; not checked. */
    readonly given: ReadonlyMap<string, string>;
    /** Text in front of the value in its word: `--name=`, or nothing. */
    readonly lead: string;
  }
  | { readonly kind: "nothing" };

const NOTHING: Position = { kind: "nothing" };

/**
 * Finds out what the last word of an unfinished line is. Unlike the rules that the official client
 * completes by, it knows what the parser knows: options may stand before positionals, and a value may
 * follow its option's name after `=`.
 *
 * @param line Without the program's name.
 */
export async function findPosition(
  table: CommandTable,
  line: UnfinishedLine,
): Promise<Position> {
  const named = followCommandNames(table, line.words.map((text) => ({ text })));
  const { command, isGroup, rest } = named;
  const isOption = line.current.startsWith("-");
  // The names of commands below one come before its own words.
  const leadsOn = isGroup && rest.length === 0 && !isOption;
  if (command === undefined || leadsOn) return commandBelow(named);
  if (command.name === "help" && !isOption) return commandBelow(followCommandNames(table, rest));
  return positionInCommand(
    await command.load(),
    rest.map(({ text }) => text),
    line.current,
  );

  function commandBelow({ path, isGroup, rest }: FollowedNames): Position {
    return isGroup && rest.length === 0 ? { kind: "command", path } : NOTHING;
  }
}

function positionInCommand(
  command: Command,
  words: readonly string[],
  current: string,
): Position {
  const split = splitWords(command, words.map((text) => ({ text })), new ParameterProblems());
  const given = new Map<string, string>();
  const used = new Set<string>();
  for (const { name, value } of split.options) {
    used.add(name);
    if (value !== true) given.set(name, value.text);
  }
  const positionals = expectedPositionals(command, split.options);
  positionals.forEach((positional, index) => {
    const word = split.positionals[index];
    if (word !== undefined) given.set(positional.name, word.text);
  });
  const isEnded = words.includes("--");
  if (!isEnded) {
    const awaiting = parameterAwaitingValue(command, words.at(-1));
    if (awaiting !== undefined && !current.startsWith("-")) {
      return { kind: "value", command, parameter: awaiting, given, lead: "" };
    }
    if (current.startsWith("-") && current.length > 0) {
      const [, lead, name] = /^(--?([^=]+)=)/.exec(current) ?? [];
      if (lead === undefined) return { kind: "option", options: openOptions(command, used) };
      const parameter = findParameter(command, name!);
      if (parameter === undefined) return NOTHING;
      return { kind: "value", command, parameter, given, lead };
    }
  }
  const positional = openPositional(positionals, split.positionals.length, used);
  if (positional !== undefined) {
    return { kind: "value", command, parameter: positional, given, lead: "" };
  }
  if (isEnded || current !== "") return NOTHING;
  return { kind: "option", options: openOptions(command, used) };
}

/** The option that ends a line without its value, if it needs one. */
function parameterAwaitingValue(command: Command, word: string | undefined): Parameter | undefined {
  const name = /^--?([^=]+)$/.exec(word ?? "")?.[1];
  const parameter = name === undefined ? undefined : findParameter(command, name);
  const standsAlone = parameter?.type.kind === "boolean" && parameter.default !== true;
  return standsAlone ? undefined : parameter;
}

/** The positional that the next plain word becomes. */
function openPositional(
  positionals: readonly Parameter[],
  count: number,
  used: ReadonlySet<string>,
): Parameter | undefined {
  const last = positionals.at(-1);
  const next = positionals[count] ?? (last?.repeatable ? last : undefined);
  // An optional positional may have been written as an option (spec: cli.md §1.4).
  return next !== undefined && used.has(next.name) && !next.repeatable ? undefined : next;
}

function openOptions({ options }: Command, used: ReadonlySet<string>): Parameter[] {
  return options.filter(({ name, repeatable }) => repeatable || !used.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
