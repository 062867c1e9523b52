import type { ServerAdministration } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverAdministration } from "./server_administration.ts";

/**
 * The user that a command names, and the server that knows it.
 *
 * @throws {NotFoundError} if the server has no such user.
 */
export async function administeredUser(
  values: CommandValues,
  context: CommandContext,
): Promise<{ readonly userId: string; readonly server: ServerAdministration }> {
  const userId = values.requiredText("userid");
  const server = await serverAdministration(values, context);
  await server.requireUser(userId);
  return { userId, server };
}
