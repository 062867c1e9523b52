import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";

/**
 * The damage of a file's content, named.
 *
 * @returns undefined where more than this file is concerned, such as a lost connection.
 */
export function damageOf(path: Uint8Array, error: unknown): CorruptDataError | undefined {
  if (!DamagedChunkError.isCause(error)) return undefined;
  return new CorruptDataError(`${quotePath(path)}: ${error.message}`, { cause: error });
}
