import { NotFoundError, PbsError } from "../../lib/errors/mod.ts";
import {
  describeRepository,
  type Repository,
  type RepositoryAddress,
} from "../../lib/repository/mod.ts";
import type { RepositoryOpener } from "./repository_opener.ts";

/** The repositories this machine can reach. */
export const systemRepositories: RepositoryOpener = {
  async open(address: RepositoryAddress, create: boolean): Promise<Repository> {
    if (address.kind === "server") {
      throw new PbsError(
        `cannot use repository '${describeRepository(address)}': servers are not supported by ` +
          "this version, give the path of a datastore directory",
      );
    }
    try {
      return await openLocalRepository(address.path);
    } catch (error) {
      if (!create || !(error instanceof NotFoundError)) throw error;
      return await createLocalRepository(address.path);
    }
  },
};

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
