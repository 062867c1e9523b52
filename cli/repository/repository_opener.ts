import type { Repository, RepositoryAddress } from "../../lib/repository/mod.ts";
import type { Environment } from "../environment.ts";
import type { Output } from "../output/output.ts";

/** Facts and questions of opening a repository. */
export interface OpeningContext {
  readonly environment: Environment;
  readonly output: Output;
  /** Creates a datastore directory that does not exist. */
  readonly create?: boolean;
  /** Stores no ticket of a login; default is to store it. */
  readonly keepsNothing?: boolean;
  /** Whether the user may be asked for anything; default is yes, at a terminal. */
  readonly mayAsk?: boolean;
  /** Further attempts to reach an object store for the first time, where somebody wants them. */
  readonly retries?: number;
  /** Limits of connections, bytes per second and bytes. */
  readonly limits?: { readonly rateBytesPerSecond: number; readonly burstBytes?: number };
}

/** Makes a repository of an address, replaceable in tests. */
export interface RepositoryOpener {
  /**
   * @throws {NotFoundError} if there is no such datastore directory. A server is not contacted yet.
   */
  open(address: RepositoryAddress, context: OpeningContext): Promise<Repository>;
}
