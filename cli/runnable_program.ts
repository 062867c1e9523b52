import type { CommandTable } from "./arguments/find_command.ts";
import type { CommandEntry } from "./command.ts";
import type { RunnableCommand } from "./command_definition.ts";
import type { Program } from "./program.ts";

/** A line of a command table: the file of a command is loaded when it is asked for. */
export interface TableEntry extends CommandEntry {
  load(): Promise<RunnableCommand>;
}

/** A program with its commands. */
export interface RunnableProgram extends Program {
  readonly table: CommandTable<TableEntry>;
}
