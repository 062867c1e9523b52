import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import {
  ACCOUNT_OPTIONS,
  SERVER_CONFIG_OPTION,
  TOKEN_ARGUMENT,
} from "../options/serve_parameters.ts";
import { accountChange } from "../serving/account_change.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve token update`. */
export const command: CommandDefinition = {
  description: "Change what the configuration says about an API token.",
  positionals: [TOKEN_ARGUMENT],
  options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
  output: "none",
  run: updateToken,
};

async function updateToken(values: CommandValues, context: CommandContext): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  await (await serverAdministration(values, context)).updateToken(tokenId, accountChange(values));
}
