import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { administeredUser } from "../serving/administered_user.ts";

/** `serve tfa delete`. */
export const command: CommandDefinition = {
  description: "Remove a second factor of a user, or all of them.",
  positionals: [USER_ARGUMENT, {
    name: "id",
    type: { kind: "string" },
    description: "Its id as tfa list shows it; all are removed if absent.",
  }],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: deleteSecondFactor,
};

async function deleteSecondFactor(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  const factors = await server.factors();
  if (factors.of(userId) === undefined) {
    throw new NotFoundError(`user "${userId}" has no second factor`);
  }
  await factors.remove(userId, values.text("id"));
}
