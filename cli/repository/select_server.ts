import { UsageError } from "../../lib/errors/mod.ts";
import { describeRepository, type ServerRepositoryAddress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { selectRepository } from "./select_repository.ts";

/**
 * Finds out which server is meant, for commands that make no sense on a directory.
 *
 * @throws {UsageError} if the repository is a datastore directory.
 */
export function selectServer(
  values: CommandValues,
  context: CommandContext,
): ServerRepositoryAddress {
  const address = selectRepository(values, context);
  if (address.kind === "server") return address;
  const what = address.kind === "bucket" ? "bucket" : "directory";
  throw new UsageError(
    `repository '${describeRepository(address)}' is a ${what}, there is no server to talk to`,
  );
}
