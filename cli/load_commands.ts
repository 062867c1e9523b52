import type { Command, CommandEntry } from "./command.ts";

/** Loads all commands of a list, in its order. */
export function loadCommands(entries: readonly CommandEntry[]): Promise<Command[]> {
  return Promise.all(entries.map((entry) => entry.load()));
}
