import type { CommandValues } from "./arguments/command_values.ts";
import type { Command } from "./command.ts";
import type { CommandContext } from "./command_context.ts";

/** A command with what it does. */
export interface RunnableCommand extends Command {
  readonly run: (values: CommandValues, context: CommandContext) => Promise<void> | void;
}

/** Contents of the file of a command; its name is in the command table. */
export type CommandDefinition = Omit<RunnableCommand, "name">;
