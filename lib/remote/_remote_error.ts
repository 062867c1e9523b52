import { AuthError, NotFoundError, ServerError } from "../errors/mod.ts";
import { LoginRefusedError } from "./_login_refused_error.ts";
import { refusalKindOf, saysLoginRefused } from "./_server_words.ts";

/**
 * The local forms' error for a server's refusal; its text is the server's.
 *
 * @param error Anything that was thrown; what is no refusal comes back as it is.
 */
export function remoteError(error: unknown): unknown {
  if (!(error instanceof ServerError) || error.constructor !== ServerError) return error;
  const { message, status } = error;
  const options = { cause: error };
  if (status === 401 || status === 403) {
    return new (saysLoginRefused(message) ? LoginRefusedError : AuthError)(message, options);
  }
  const Kind = refusalKindOf(message) ?? (status === 404 ? NotFoundError : undefined);
  return Kind === undefined ? error : new Kind(message, options);
}

/** Runs a call and turns a refusal into the error of the local forms. */
export async function withRemoteErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw remoteError(error);
  }
}
