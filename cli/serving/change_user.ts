import type { AccountChange } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverAdministration } from "./server_administration.ts";

/** Changes what the configuration says about the user of a command line. */
export async function changeUser(
  values: CommandValues,
  context: CommandContext,
  change: AccountChange,
): Promise<void> {
  const userId = values.requiredText("userid");
  await (await serverAdministration(values, context)).updateUser(userId, change);
}
