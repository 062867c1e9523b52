import { encodeHex } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";

/**
 * Checks that an object which is there is not written again when it is to be written only if absent: all that
 * keeps writers apart depends on that.
 *
 * @param content What the object has; a store that does not know better writes it once more.
 * @throws {PbsError} if the store overwrites it.
 */
export async function requireConditionalWrites(
  store: ObjectStore,
  key: string,
  content: Uint8Array,
): Promise<void> {
  if (await store.put(key, content, { ifAbsent: true }) === "exists") return;
  throw new PbsError(
    `${store.displayName} cannot be shared without a server: it overwrites objects that are to be ` +
      "written only if they are absent (If-None-Match), so that two writers could destroy each " +
      "other's data; use another object store, or a server before this one",
  );
}

/** Checks the same where nothing is yet, and leaves nothing behind. */
export async function checkConditionalWrites(store: ObjectStore, keys: SharedKeys): Promise<void> {
  const key = keys.session(`check-${encodeHex(crypto.getRandomValues(new Uint8Array(16)))}`);
  const content = new TextEncoder().encode("{}");
  await store.put(key, content);
  try {
    await requireConditionalWrites(store, key, content);
  } finally {
    await store.remove(key);
  }
}
