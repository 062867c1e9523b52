import { locateServer, TicketCache } from "../../lib/remote/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { selectServer } from "../repository/select_server.ts";

/** `logout` (spec: cli.md §4.9). */
export const command: CommandDefinition = {
  description: "Forget the ticket of the user on the server.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS],
  output: "none",
  run: logOut,
};

/** `logout`: forgets the ticket, without asking the server (spec: cli.md §4.9). */
// deno-lint-ignore require-await
async function logOut(values: CommandValues, context: CommandContext): Promise<void> {
  const { host, userId } = locateServer(selectServer(values, context));
  const tickets = new TicketCache(context.environment.get("XDG_RUNTIME_DIR"));
  if (!tickets.remove(host, userId)) {
    context.output.log("warn", `no ticket found for ${userId} on server ${host}`);
  }
}
