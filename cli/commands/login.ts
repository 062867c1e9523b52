import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { openServer } from "../repository/open_server.ts";
import { selectServer } from "../repository/select_server.ts";

/** `login` (spec: cli.md §4.9). */
export const command: CommandDefinition = {
  description: "Log in to the server and remember the ticket, so that no password is needed.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS],
  output: "none",
  run: logIn,
};

/** `login`: gets a ticket and remembers it; an API token needs none (spec: cli.md §4.9). */
async function logIn(values: CommandValues, context: CommandContext): Promise<void> {
  const address = selectServer(values, context);
  context.use.note(address);
  await using server = await openServer(address, context);
  await server.logIn();
}
