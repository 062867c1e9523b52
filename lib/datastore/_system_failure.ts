import { Errno, errnoText } from "../../ffi/errno.ts";
import { NotFoundError, PbsError, SystemError } from "../errors/mod.ts";

/**
 * The error for a system call that returned a negative error number.
 *
 * @param result What the call returned.
 * @param action What was tried, e.g. `cannot open "x"`.
 */
export function systemFailure(result: number, action: string): PbsError {
  const message = `${action}: ${errnoText(-result)}`;
  if (-result === Errno.ENOENT) return new NotFoundError(message);
  return new SystemError(-result, message);
}

/** Passes a result that is not negative on. @throws if it is. */
export function checkResult(result: number, action: () => string): number {
  if (result < 0) throw systemFailure(result, action());
  return result;
}

/**
 * The error for a call of the runtime that failed.
 *
 * @param cause What it threw.
 * @param action What was tried.
 */
export function runtimeFailure(cause: unknown, action: string): PbsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${action}: ${reason}`;
  if (cause instanceof Deno.errors.NotFound) return new NotFoundError(message, { cause });
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new SystemError(Errno.EACCES, message, { cause });
  }
  return new PbsError(message, { cause });
}

/** Whether a failure says that there is no room left, on the disk or for the user. */
export function isFull(error: SystemError): boolean {
  return error.errno === Errno.ENOSPC || error.errno === Errno.EDQUOT;
}
