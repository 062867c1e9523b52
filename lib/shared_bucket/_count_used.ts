import type { UsedObjects } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";

const FIRST_DIGITS = [..."0123456789abcdef"];

/** Adds up the objects of a store by listing all of it, chunks by their first digits side by side. */
export async function countUsed(store: ObjectStore, keys: SharedKeys): Promise<UsedObjects> {
  const prefixes = [
    keys.contents,
    keys.shared,
    ...FIRST_DIGITS.map((digit) => keys.chunks + digit),
  ];
  let [bytes, objects, requests] = [0, 0, 0];
  await Promise.all(prefixes.map(async (prefix) => {
    for await (const page of store.list(prefix)) {
      requests++;
      objects += page.objects.length;
      for (const { size } of page.objects) bytes += size;
    }
  }));
  return { bytes, objects, requests };
}
