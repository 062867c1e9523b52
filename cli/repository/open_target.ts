import { parseRepository, type Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { connectionLimits } from "./open_repository.ts";
import { targetEnvironment } from "./target_environment.ts";
import { warnOfRate } from "./warn_of_rate.ts";

/**
 * Opens the repository of `--to`.
 *
 * @param create Whether to make a datastore directory that is not there.
 */
export async function openTarget(
  values: CommandValues,
  context: CommandContext,
  create: boolean,
): Promise<Repository> {
  const { environment, output, repositories } = context;
  const address = parseRepository(values.requiredText("to"));
  if (address.kind === "directory") warnOfRate(values, context);
  const limits = connectionLimits(values);
  return await repositories.open(address, {
    environment: targetEnvironment(environment),
    output,
    create,
    ...(limits === undefined ? {} : { limits }),
  });
}
