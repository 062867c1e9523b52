import { NotFoundError, PbsError } from "../../lib/errors/mod.ts";
import { describeRepository, type Repository } from "../../lib/repository/mod.ts";
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
  const address = selectRepository(values, context);
  if (address.kind === "server") {
    throw new PbsError(
      `cannot use repository '${describeRepository(address)}': servers are not supported by ` +
        "this version, give the path of a datastore directory",
    );
  }
  return create ? await openOrCreate(address.path) : await openLocalRepository(address.path);
}

/** Opens a datastore directory. @throws {NotFoundError} if there is none. */
export async function openLocalRepository(path: string): Promise<Repository> {
  const { Datastore, LocalRepository } = await import("../../lib/datastore/mod.ts");
  return new LocalRepository(Datastore.open(path));
}

/** Creates a datastore directory. @throws {ConflictError} if there is something already. */
export async function createLocalRepository(path: string): Promise<Repository> {
  const { Datastore, LocalRepository } = await import("../../lib/datastore/mod.ts");
  return new LocalRepository(Datastore.create(path));
}

async function openOrCreate(path: string): Promise<Repository> {
  try {
    return await openLocalRepository(path);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return await createLocalRepository(path);
  }
}
