import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, TOKEN_ARGUMENT } from "../options/serve_parameters.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve token delete`. */
export const command: CommandDefinition = {
  description: "Remove an API token with its roles.",
  positionals: [TOKEN_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: deleteToken,
};

async function deleteToken(values: CommandValues, context: CommandContext): Promise<void> {
  await (await serverAdministration(values, context)).removeToken(values.requiredText("tokenid"));
}
