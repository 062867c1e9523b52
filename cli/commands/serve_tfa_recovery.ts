import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { administeredUser } from "../serving/administered_user.ts";

/** `serve tfa recovery`. */
export const command: CommandDefinition = {
  description: "Make new recovery keys for a user and show them; older ones are void.",
  positionals: [USER_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: addRecoveryKeys,
};

async function addRecoveryKeys(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  for (const key of await (await server.factors()).addRecoveryKeys(userId)) {
    context.output.printLine(key);
  }
}
