import { quotePath } from "../../lib/bytes/mod.ts";
import { type KeyFile, serializeKeyFile, storeKeyFile } from "../../lib/crypto/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { describeSystemError } from "../files/describe_system_error.ts";

/**
 * Stores a key file that only its owner can read.
 *
 * @param replace Whether a file that is there may be replaced.
 * @throws {PbsError} if it cannot be written, or is there and may not be replaced.
 */
export function writeKey(path: string, file: KeyFile, replace: boolean): void {
  writeKeyText(path, serializeKeyFile(file), { replace });
}

/** As {@linkcode writeKey}, for the text of any file with a key. */
export function writeKeyText(
  path: string,
  text: string,
  options: Parameters<typeof storeKeyFile>[2],
): void {
  try {
    storeKeyFile(path, text, options);
  } catch (error) {
    const name = quotePath(new TextEncoder().encode(path));
    throw new PbsError(`Unable to store key file ${name} - ${describeSystemError(error)}`);
  }
}
