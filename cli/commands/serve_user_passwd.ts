import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { administeredUser } from "../serving/administered_user.ts";
import { newPassword } from "../serving/new_password.ts";

/** `serve user passwd`. */
export const command: CommandDefinition = {
  description: "Replace a user's password. It is asked for, or comes from the variable " +
    "PBS_NEW_PASSWORD or its relatives _FD, _FILE and _CMD.",
  positionals: [USER_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: setUserPassword,
};

async function setUserPassword(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  await server.setPassword(userId, newPassword(context.environment, userId));
}
