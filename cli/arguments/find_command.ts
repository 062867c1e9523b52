import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandEntry, CommandName } from "../command.ts";
import type { Argument } from "./argument.ts";
import { GroupError } from "./group_error.ts";

/** The commands among which one is looked up. */
export interface CommandTable<Entry extends CommandName = CommandEntry> {
  readonly commands: readonly Entry[];
  readonly aliases: ReadonlyMap<string, string>;
  /** Names that take part in the look-up and cannot be called. */
  readonly absent: readonly string[];
}

/** A command and the words that are left for it. */
export interface FoundCommand<Entry extends CommandName = CommandEntry> {
  readonly command: Entry;
  readonly rest: readonly Argument[];
}

/**
 * Finds the command at the front of a command line (spec: cli.md §1.2): an alias, an exact name, or
 * a unique prefix, level by level. A command that has others below it (`serve`) is meant if no word
 * but an option follows.
 *
 * @throws {GroupError} if a word is missing, unknown or ambiguous.
 * @throws {NotFoundError} if the command is one that this program does not have.
 */
export function findCommand<Entry extends CommandName>(
  table: CommandTable<Entry>,
  words: readonly Argument[],
): FoundCommand<Entry> {
  const names = [...table.commands.map((command) => command.name), ...table.absent];
  const expanded = expandAlias(table.aliases, words);
  let path = "";
  for (let index = 0;; index++) {
    const command = table.commands.find(({ name }) => name === path);
    const possible = membersOf(table.commands.map(({ name }) => name), path);
    if (command !== undefined && !leadsOn(possible, expanded[index]?.text)) {
      return { command, rest: expanded.slice(index) };
    }
    if (possible.length === 0) {
      throw new NotFoundError(`command '${path}' is not available in this version`);
    }
    const word = expanded[index]?.text;
    if (word === undefined) {
      throw new GroupError(
        path,
        `no command specified.\nPossible commands: ${possible.join(", ")}`,
      );
    }
    const members = membersOf(names, path);
    const member = selectMemberBefore(names, path, ourMembers(table, path), [
      word,
      expanded[index + 1]?.text,
    ]);
    if (member === undefined) {
      const words = path === "" ? [...members, ...table.aliases.keys()] : members;
      throw new GroupError(path, `no such command '${word}'`, word, words);
    }
    path = path === "" ? member : `${path} ${member}`;
  }
}

/** Whether the word after a command chooses one below it. */
export function leadsOn(members: readonly string[], word: string | undefined): boolean {
  return members.length > 0 && word !== undefined && !word.startsWith("-");
}

/** Replaces a historic name in front; the words after it stay. */
export function expandAlias(
  aliases: ReadonlyMap<string, string>,
  words: readonly Argument[],
): readonly Argument[] {
  const alias = aliases.get(words[0]?.text ?? "");
  if (alias === undefined) return words;
  return [...alias.split(" ").map((text) => ({ text })), ...words.slice(1)];
}

/** The next words of all names below a group, sorted, each once. */
export function membersOf(names: readonly string[], path: string): string[] {
  const depth = path === "" ? 0 : path.split(" ").length;
  const below = names.filter((name) => path === "" || name.startsWith(`${path} `));
  return [...new Set(below.map((name) => name.split(" ")[depth]!))].sort();
}

/** The next words of a group that lead to no command of the official client. */
export function ourMembers(
  { commands, absent }: Pick<CommandTable<CommandName>, "commands" | "absent">,
  path: string,
): ReadonlySet<string> {
  const official = [...commands.filter(({ isOurs }) => !isOurs).map(({ name }) => name), ...absent];
  const ours = membersOf(commands.filter(({ isOurs }) => isOurs).map(({ name }) => name), path);
  return new Set(ours).difference(new Set(membersOf(official, path)));
}

/**
 * The member of a group that a word stands for. What is the name of a command of ours, but also
 * abbreviates a group of the official client in which the next word leads on, means that group:
 * `cat dump` goes on to be `catalog dump`.
 *
 * @param names All names.
 * @param ours See {@linkcode selectMember}.
 */
export function selectMemberBefore(
  names: readonly string[],
  path: string,
  ours: ReadonlySet<string>,
  [word, next]: readonly [string, string | undefined],
): string | undefined {
  const members = membersOf(names, path);
  const selected = selectMember(members, word, ours);
  if (selected === undefined || !ours.has(selected) || next === undefined) return selected;
  const group = selectMember(members.filter((member) => !ours.has(member)), word);
  if (group === undefined) return selected;
  const below = membersOf(names, path === "" ? group : `${path} ${group}`);
  return selectMember(below, next) === undefined ? selected : group;
}

/**
 * The member a word stands for: its name, or a prefix of just one.
 *
 * @param ours Members that the official client does not have: an abbreviation that means one of its
 *   commands goes on to mean that.
 */
export function selectMember(
  members: readonly string[],
  word: string,
  ours: ReadonlySet<string> = new Set(),
): string | undefined {
  if (members.includes(word)) return word;
  const candidates = members.filter((member) => word !== "" && member.startsWith(word));
  if (candidates.length === 1) return candidates[0];
  const official = candidates.filter((member) => !ours.has(member));
  return official.length === 1 ? official[0] : undefined;
}
