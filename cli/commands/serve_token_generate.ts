import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import {
  ACCOUNT_OPTIONS,
  SERVER_CONFIG_OPTION,
  TOKEN_ARGUMENT,
} from "../options/serve_parameters.ts";
import { accountChange } from "../serving/account_change.ts";
import { printTokenSecret } from "../serving/print_token_secret.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve token generate` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create an API token and show its secret, which can be read only now.",
  positionals: [TOKEN_ARGUMENT],
  options: [...ACCOUNT_OPTIONS, OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: generateToken,
};

async function generateToken(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  const server = await serverAdministration(values, context);
  const secret = await server.generateToken(tokenId, accountChange(values));
  printTokenSecret(values, context, tokenId, secret);
}
