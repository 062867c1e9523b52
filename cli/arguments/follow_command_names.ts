import type { CommandEntry } from "../command.ts";
import type { Argument } from "./argument.ts";
import { type CommandTable, expandAlias, ourMembers, selectMemberBefore } from "./find_command.ts";

/** How far words name a command. */
export interface FollowedNames {
  /** All words of the name so far, e.g. `snapshot notes`; empty at the top. */
  readonly path: string;
  /** The command of that name; undefined for a group and for what is absent. */
  readonly command: CommandEntry | undefined;
  /** Whether commands lie below it. */
  readonly isGroup: boolean;
  /** The other words, from the first one on that names nothing. */
  readonly rest: readonly Argument[];
}

/** Follows the words at the front of a line as far as they name commands (spec: cli.md §1.2). */
export function followCommandNames(
  { commands, aliases, absent }: CommandTable,
  words: readonly Argument[],
): FollowedNames {
  const names = [...commands.map(({ name }) => name), ...absent];
  const expanded = expandAlias(aliases, words);
  let path = "";
  for (let index = 0;; index++) {
    const word = expanded[index]?.text;
    const member = word === undefined
      ? undefined
      : selectMemberBefore(names, path, ourMembers({ commands, absent }, path), [
        word,
        expanded[index + 1]?.text,
      ]);
    if (member === undefined) {
      return {
        path,
        command: commands.find(({ name }) => name === path),
        isGroup: path === "" || commands.some(({ name }) => name.startsWith(`${path} `)),
        rest: expanded.slice(index),
      };
    }
    path = path === "" ? member : `${path} ${member}`;
  }
}
