/**
 * Remote: a datastore of a server as repository, over HTTP.
 *
 * It *logs in* as a user, who gets a *ticket*, or as an *API token*, and *trusts* the server's
 * certificate by the system's authorities or by its *fingerprint*. Tickets, fingerprints and the
 * names of used repositories are remembered in the *caches* that the official client uses as well.
 *
 * @module
 */

export * from "./fingerprint_cache.ts";
export * from "./open_remote_repository.ts";
export * from "./remote_options.ts";
export type { RemoteRepository, ServerVersion } from "./remote_repository.ts";
export {
  isHalfLogin,
  parseChallenge,
  type SecondFactorChallenge,
  secondFactorPassword,
} from "./second_factor.ts";
export * from "./ticket_cache.ts";
export * from "./used_repositories.ts";
