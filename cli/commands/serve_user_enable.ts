import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { changeUser } from "../serving/change_user.ts";

/** `serve user enable`. */
export const command: CommandDefinition = {
  description: "Allow a user again who was disabled.",
  positionals: [USER_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: enableUser,
};

async function enableUser(values: CommandValues, context: CommandContext): Promise<void> {
  await changeUser(values, context, { enabled: true });
}
