import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openServer } from "../environment/open_server.ts";
import { selectServer } from "../environment/select_server.ts";

/** `login`: gets a ticket and remembers it; an API token needs none (spec: cli.md §4.9). */
export async function logIn(values: CommandValues, context: CommandContext): Promise<void> {
  const address = selectServer(values, context);
  context.use.note(address);
  await using server = await openServer(address, context);
  await server.logIn();
}
