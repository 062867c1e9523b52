import { COMMANDS } from "../../cli/command_table.ts";
import type { Command, CommandName } from "../../cli/command.ts";
import { loadCommands } from "../../cli/load_commands.ts";

const loaded = await loadCommands(COMMANDS);

/** Every command of the program, and whether it is ours. */
export const LOADED_COMMANDS: readonly (Command & CommandName)[] = COMMANDS.map(
  ({ isOurs }, index) => ({ ...loaded[index]!, isOurs: isOurs ?? false }),
);
