import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve user remove`. */
export const command: CommandDefinition = {
  description: "Remove a user with all tokens, roles and second factors.",
  positionals: [USER_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: removeUser,
};

async function removeUser(values: CommandValues, context: CommandContext): Promise<void> {
  await (await serverAdministration(values, context)).removeUser(values.requiredText("userid"));
}
