import {
  AuthError,
  ConflictError,
  LockedError,
  NotFoundError,
  type PbsError,
  ServerError,
} from "../errors/mod.ts";
import { saysLocked } from "../repository/mod.ts";

/**
 * Which error a refusal is for a caller, told by its text: most are 400 whatever they mean
 * (spec: protocol.md §10, 50). What no text tells stays a plain refusal.
 */
const KINDS: readonly [
  { test(text: string): boolean },
  new (text: string, options: ErrorOptions) => PbsError,
][] = [
  [/owner check failed|missing permissions|permission check failed|^no permissions on/, AuthError],
  [
    { test: saysLocked },
    LockedError,
  ],
  [
    /no such datastore|does not exist|namespace not found|not found|ENOENT|No such file|no such chunk/,
    NotFoundError,
  ],
  [
    /already|older than last backup|protected snapshot|only partially deleted|no valid previous/,
    ConflictError,
  ],
];

/**
 * The local forms' error for a server's refusal; its text is the server's.
 *
 * @param error Anything that was thrown; what is no refusal comes back as it is.
 */
export function remoteError(error: unknown): unknown {
  if (!(error instanceof ServerError) || error.constructor !== ServerError) return error;
  const { message, status } = error;
  const options = { cause: error };
  if (status === 401 || status === 403) return new AuthError(message, options);
  for (const [text, Kind] of KINDS) if (text.test(message)) return new Kind(message, options);
  return status === 404 ? new NotFoundError(message, options) : error;
}

/** Runs a call and turns a refusal into the error of the local forms. */
export async function withRemoteErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw remoteError(error);
  }
}
