import {
  type ChunkChecker,
  createNativeChunkChecker,
  createPlainChunkChecker,
} from "../../datastore/mod.ts";

/**
 * A checker for a verification.
 *
 * @param log Told if it is the slower one.
 */
export function createChunkChecker(log: (line: string) => void): ChunkChecker {
  try {
    return createNativeChunkChecker();
  } catch (error) {
    log(`verifying without the native core, which is slower: ${(error as Error).message}`);
    return createPlainChunkChecker();
  }
}
