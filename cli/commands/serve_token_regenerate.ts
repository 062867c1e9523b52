import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION, TOKEN_ARGUMENT } from "../options/serve_parameters.ts";
import { printTokenSecret } from "../serving/print_token_secret.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve token regenerate`. */
export const command: CommandDefinition = {
  description: "Replace the secret of an API token and show the new one.",
  positionals: [TOKEN_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: regenerateToken,
};

async function regenerateToken(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  const secret = await (await serverAdministration(values, context)).regenerateToken(tokenId);
  printTokenSecret(values, context, tokenId, secret);
}
