import { Errno } from "../../ffi/errno.ts";
import { CorruptDataError, NotFoundError, ServerError, SystemError } from "../errors/mod.ts";

/**
 * A chunk that cannot be had as its index says: missing, damaged, or on a bad sector. Others may be
 * fine, which is what sets it apart from a lost connection or a missing key.
 */
export class DamagedChunkError extends CorruptDataError {
  /**
   * @param start Where in the archive's stream the chunk begins.
   * @param end Where it ends.
   */
  constructor(archive: string, readonly start: number, readonly end: number, cause: Error) {
    super(`${archive}: ${cause.message}`, { cause });
  }

  /** Whether only the chunk that was asked for is concerned. */
  static isCause(error: unknown): error is Error {
    return error instanceof CorruptDataError || error instanceof NotFoundError ||
      error instanceof ServerError ||
      error instanceof SystemError && error.errno === Errno.EIO;
  }
}
