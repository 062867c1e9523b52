import type { RemoteRepositoryOptions } from "./remote_options.ts";
import type { RemoteRepository } from "./remote_repository.ts";

/**
 * Opens a datastore of a server. The network code is loaded here and not before: most commands on a
 * directory must start quickly.
 *
 * @throws {AuthError} if there is neither password nor ticket, and nobody to ask.
 */
export async function openRemoteRepository(
  options: RemoteRepositoryOptions,
): Promise<RemoteRepository> {
  const { RemoteRepository } = await import("./remote_repository.ts");
  return await RemoteRepository.open(options);
}
