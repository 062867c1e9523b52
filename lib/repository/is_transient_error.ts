import { ConnectionError, ServerError } from "../errors/mod.ts";

/** Statuses of gateways in front of a server that is restarting. */
const PASSING_STATUSES = new Set([429, 502, 503, 504]);

/**
 * Whether the same attempt may succeed a little later: the connection could not be made or broke, or
 * a gateway has no server behind it at the moment.
 */
export function isTransientError(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ServerError && PASSING_STATUSES.has(error.status);
}
