import {
  type CommandTable,
  expandAlias,
  leadsOn,
  membersOf,
  ourMembers,
  selectMember,
} from "../arguments/find_command.ts";
import { ParameterProblems } from "../arguments/parameter_problems.ts";
import { findParameter, splitWords } from "../arguments/split_words.ts";
import type { Command, Parameter } from "../command.ts";
import type { UnfinishedLine } from "./split_unfinished.ts";

/** Words or value that the word being typed may become. */
export type Completion =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | {
    readonly kind: "value";
    readonly parameter: Parameter;
    /** Values that the words before it give, by name; not checked. */
    readonly given: ReadonlyMap<string, string>;
  };

const NOTHING: Completion = { kind: "words", words: [] };

/**
 * Finds out what may stand where a command line ends (spec: cli.md §1.9).
 *
 * @param line Without the program's name.
 */
export async function findCompletion(
  table: CommandTable,
  line: UnfinishedLine,
): Promise<Completion> {
  const typed = expandAlias(table.aliases, line.words.map((text) => ({ text })));
  const words = typed.map(({ text }) => text);
  const names = table.commands.map(({ name }) => name);
  if (words[0] === "help") return completeHelp(names, words.slice(1), line.current);
  let path = "";
  for (let index = 0;; index++) {
    const command = table.commands.find(({ name }) => name === path);
    const word = words[index];
    const below = membersOf(names, path);
    if (command !== undefined && !leadsOn(below, word)) {
      const offered = completeCommand(await command.load(), words.slice(index), line.current);
      if (word !== undefined || offered.kind !== "words") return offered;
      return { kind: "words", words: [...startingWith(line.current, below), ...offered.words] };
    }
    if (word === undefined) return { kind: "words", words: startingWith(line.current, below) };
    const members = membersOf([...names, ...table.absent], path);
    const member = selectMember(members, word, ourMembers(table, path));
    if (member === undefined) return NOTHING;
    path = path === "" ? member : `${path} ${member}`;
  }
}

/** After `help` only whole names lead on. */
function completeHelp(
  names: readonly string[],
  words: readonly string[],
  current: string,
): Completion {
  const path = words.join(" ");
  const below = membersOf(names, path);
  const offered = names.includes(path) ? [...below, "--verbose"] : below;
  return { kind: "words", words: startingWith(current, offered) };
}

function completeCommand(
  command: Command,
  words: readonly string[],
  current: string,
): Completion {
  const given = new Map<string, string>();
  const all = [...words, current];
  let index = 0;
  for (const positional of command.positionals) {
    const mayBeLeftOut = !positional.required || positional.repeatable;
    // A required positional takes whatever stands there.
    while (!(mayBeLeftOut && all[index]!.startsWith("-"))) {
      if (index === all.length - 1) return { kind: "value", parameter: positional, given };
      given.set(positional.name, all[index]!);
      index++;
      if (!positional.repeatable) break;
    }
  }
  return completeOption(command, all.slice(index, -1), current, given);
}

function completeOption(
  command: Command,
  words: readonly string[],
  current: string,
  given: Map<string, string>,
): Completion {
  const { options } = splitWords(
    command,
    words.map((text) => ({ text })),
    new ParameterProblems(),
  );
  const used = new Set<string>();
  for (const { name, value } of options) {
    const parameter = findParameter(command, name);
    if (value !== true) given.set(name, value.text);
    if (parameter !== undefined && !parameter.repeatable) used.add(name);
  }
  const last = words.at(-1);
  if (!current.startsWith("-") && last !== undefined && /^--./.test(last)) {
    const parameter = findParameter(command, last.slice(2));
    return parameter === undefined ? NOTHING : { kind: "value", parameter, given };
  }
  const open = command.options.filter(({ name }) => !used.has(name));
  return { kind: "words", words: startingWith(current, open.map(({ name }) => `--${name}`)) };
}

function startingWith(prefix: string, words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith(prefix));
}
