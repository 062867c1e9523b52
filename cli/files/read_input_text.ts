import { UsageError } from "../../lib/errors/mod.ts";
import { readInputPath } from "./read_input.ts";

/**
 * Reads a small text file whole, such as one of configuration.
 *
 * @param maxBytes More than this is an error.
 * @throws {UsageError} if it cannot be read, or is not UTF-8.
 */
export function readInputText(path: string, maxBytes: number): string {
  const bytes = readInputPath(path, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`"${path}" is not valid UTF-8`);
  }
}
