import { SystemError } from "../../lib/errors/mod.ts";

const EPIPE = 32;

/** Whether an error or one of its causes is that the reader of a pipe has gone away. */
export function isBrokenPipe(error: unknown): boolean {
  for (let depth = 0; depth < 16 && error instanceof Error; depth++) {
    if (error instanceof Deno.errors.BrokenPipe) return true;
    if (error instanceof SystemError && error.errno === EPIPE) return true;
    error = error.cause;
  }
  return false;
}
