import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { NotFoundError } from "../../lib/errors/mod.ts";
import type { Repository, RepositoryAddress } from "../../lib/repository/mod.ts";
import type { OpeningContext, RepositoryOpener } from "./repository_opener.ts";

/** The repositories this machine can reach. */
export const systemRepositories: RepositoryOpener = {
  async open(address: RepositoryAddress, context: OpeningContext): Promise<Repository> {
    if (address.kind === "server") {
      const { openServer } = await import("./open_server.ts");
      return await openServer(address, context);
    }
    try {
      return await openLocalRepository(address.path);
    } catch (error) {
      if (!context.create || !(error instanceof NotFoundError)) throw error;
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
export async function createLocalRepository(path: string): Promise<LocalRepository> {
  const { Datastore, LocalRepository } = await import("../../lib/datastore/mod.ts");
  return new LocalRepository(Datastore.create(path));
}
