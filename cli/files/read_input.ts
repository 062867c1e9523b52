import { readSmallFileSync } from "../../lib/bounded/mod.ts";
import { quotePath } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { describeSystemError } from "./describe_system_error.ts";

/** Far more than any key; a device without end must not be read to its end. */
const MAX_KEY_BYTES = 1024 * 1024;

/**
 * Reads a small file whole, usually one with a key. A pipe will do, e.g. of the shell's `<(…)`.
 *
 * @param maxBytes More than this is an error.
 * @throws {UsageError} if it cannot be read.
 */
export function readInputPath(path: string, maxBytes: number = MAX_KEY_BYTES): Uint8Array {
  try {
    return readSmallFileSync(path, maxBytes);
  } catch (error) {
    const name = quotePath(new TextEncoder().encode(path));
    throw new UsageError(`unable to read ${name} - ${describeSystemError(error)}`);
  }
}

/**
 * Reads a key from a file descriptor that this process was started with.
 *
 * @throws {UsageError} if it cannot be read.
 */
export function readInputDescriptor(descriptor: number): Uint8Array {
  try {
    return readSmallFileSync(`/proc/self/fd/${descriptor}`, MAX_KEY_BYTES);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "Bad file descriptor (os error 9)"
      : describeSystemError(error);
    throw new UsageError(`error reading encryption key from fd ${descriptor}: ${reason}`);
  }
}
