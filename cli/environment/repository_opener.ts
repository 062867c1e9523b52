import type { Repository, RepositoryAddress } from "../../lib/repository/mod.ts";

/** Makes a repository of an address, replaceable in tests. */
export interface RepositoryOpener {
  /**
   * @param create Creates a datastore directory that does not exist.
   * @throws {NotFoundError} if there is no such datastore.
   */
  open(address: RepositoryAddress, create: boolean): Promise<Repository>;
}
