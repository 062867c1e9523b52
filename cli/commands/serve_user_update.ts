import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import {
  ACCOUNT_OPTIONS,
  SERVER_CONFIG_OPTION,
  USER_ARGUMENT,
} from "../options/serve_parameters.ts";
import { accountChange } from "../serving/account_change.ts";
import { changeUser } from "../serving/change_user.ts";

/** `serve user update`. */
export const command: CommandDefinition = {
  description: "Change what the configuration says about a user.",
  positionals: [USER_ARGUMENT],
  options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
  output: "none",
  run: updateUser,
};

async function updateUser(values: CommandValues, context: CommandContext): Promise<void> {
  await changeUser(values, context, accountChange(values));
}
