import { GroupError } from "../arguments/group_error.ts";
import { findCommand, membersOf } from "../arguments/find_command.ts";
import { parseCommandLine } from "../arguments/parse_command_line.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import { nearestWords } from "../hints/nearest_words.ts";
import { CancelledError, situationOf, UsageError } from "../../lib/errors/mod.ts";
import { ClosedOutputError } from "../output/output.ts";
import { failureLines } from "../report_failure.ts";
import type { RunnableProgram, TableEntry } from "../runnable_program.ts";
import { SHELL_COMMANDS } from "./shell_commands.ts";
import type { ShellSession } from "./shell_session.ts";
import { splitLine } from "./split_line.ts";

/** The line that ends a session; nothing shorter does (spec: cli.md §4.11). */
const EXIT = "exit";

/** The commands of a catalog shell as a program without a name. */
export function shellProgram(session: () => ShellSession): RunnableProgram {
  const entries: TableEntry[] = SHELL_COMMANDS.map((command) => ({
    name: command.name,
    load: () => Promise.resolve({ ...command, run: (values) => command.run(values, session()) }),
  }));
  const help: TableEntry = {
    name: "help",
    load: async () => ({ name: "help", ...(await import("../commands/help.ts")).command }),
  };
  const commands = [...entries, help].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    name: "",
    description: "Walk about in an archive, and restore parts of it.",
    abbreviation: "",
    logVariable: "PBS_LOG",
    table: { commands, aliases: new Map(), absent: [] },
    loadManual: () => Promise.reject(new Error("a shell has no manual")),
  };
}

/**
 * Runs a line of a catalog shell. What fails is told, and the session goes on.
 *
 * @param line Need not be UTF-8.
 * @returns `exit` if the session is to end.
 * @throws {ClosedOutputError} if nobody reads the results any more.
 */
export async function runLine(
  line: Uint8Array,
  program: RunnableProgram,
  context: CommandContext,
): Promise<"exit" | "goes-on"> {
  const { output } = context;
  let command: Command | undefined;
  try {
    const { words, current, isOpen } = splitLine(line);
    if (isOpen) throw new UsageError("shellword split failed - found unclosed quote.");
    const all = current === undefined ? words : [...words, current];
    if (all.length === 0) return "goes-on";
    if (all.length === 1 && all[0]!.text === EXIT) return "exit";
    const found = findCommand(program.table, all);
    const loaded = await found.command.load();
    command = loaded;
    await loaded.run(parseCommandLine(loaded, found.rest), {
      ...context,
      program,
      table: program.table,
    });
  } catch (error) {
    if (error instanceof ClosedOutputError) throw error;
    // Who interrupted it has been told.
    if (error instanceof CancelledError) return "goes-on";
    const lines = failureLines(error, { programName: "", command });
    output.errorLine([...lines, ...hintsFor(error, program)].join("\n"));
  }
  return "goes-on";
}

/** Advice on what to type instead; all other is about the program's own commands. */
function hintsFor(error: unknown, { table }: RunnableProgram): string[] {
  if (error instanceof GroupError) {
    const situation = situationOf(error);
    const word = situation?.kind === "no-command" ? situation.word ?? "" : "";
    const names = membersOf(table.commands.map(({ name }) => name), "");
    const [nearest] = nearestWords(word, names);
    const asked = nearest === undefined ? "" : `did you mean "${nearest}"? `;
    return [`Hint: ${asked}"help" lists the commands`];
  }
  return [];
}
