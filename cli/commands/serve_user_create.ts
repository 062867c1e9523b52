import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import {
  ACCOUNT_OPTIONS,
  SERVER_CONFIG_OPTION,
  USER_ARGUMENT,
} from "../options/serve_parameters.ts";
import { accountChange } from "../serving/account_change.ts";
import { newPassword } from "../serving/new_password.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve user create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create a user of the server. The password is asked for, or comes from the " +
    "variable PBS_NEW_PASSWORD or its relatives _FD, _FILE and _CMD.",
  positionals: [USER_ARGUMENT],
  options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
  output: "none",
  run: createUser,
};

async function createUser(values: CommandValues, context: CommandContext): Promise<void> {
  const userId = values.requiredText("userid");
  const server = await serverAdministration(values, context);
  await server.createUser(userId, newPassword(context.environment, userId), accountChange(values));
}
