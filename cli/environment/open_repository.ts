import type { Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { selectRepository } from "./select_repository.ts";

/**
 * Opens the repository that the options and variables name.
 *
 * @param create Creates a datastore directory that does not exist.
 * @throws {NotFoundError} if there is no such datastore.
 */
export async function openRepository(
  values: CommandValues,
  context: CommandContext,
  create = false,
): Promise<Repository> {
  return await context.repositories.open(selectRepository(values, context), create);
}
