import { decodeHex } from "../bytes/mod.ts";
import type { OnStoredChunk } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";

const FIRST_DIGITS = [..."0123456789abcdef"];
const CHUNK_NAME = /^[0-9a-f]{64}$/;

/**
 * Lists what each chunk of a store takes, by their first digits side by side. What was set aside, and what is no
 * chunk, is left out.
 *
 * @returns Requests that it took.
 */
export async function listStoredSizes(
  store: ObjectStore,
  keys: SharedKeys,
  onChunk: OnStoredChunk,
): Promise<number> {
  let requests = 0;
  await Promise.all(FIRST_DIGITS.map(async (digit) => {
    for await (const { objects } of store.list(keys.chunks + digit)) {
      requests++;
      for (const { key, size } of objects) {
        const name = key.slice(key.lastIndexOf("/") + 1);
        if (size === 0 || !CHUNK_NAME.test(name) || key !== keys.chunkOf(name)) continue;
        onChunk(decodeHex(name), size);
      }
    }
  }));
  return requests;
}
