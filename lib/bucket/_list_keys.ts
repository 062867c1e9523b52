import type { ObjectStore } from "../s3/mod.ts";

/** All keys that begin with a prefix. @param prefix Ends in `/`: `vm/10` is not `vm/100`. */
export async function listKeys(objects: ObjectStore, prefix: string): Promise<string[]> {
  if (!prefix.endsWith("/")) throw new TypeError(`prefix "${prefix}" does not end in "/"`);
  const keys: string[] = [];
  for await (const page of objects.list(prefix)) {
    for (const { key } of page.objects) if (key.startsWith(prefix)) keys.push(key);
  }
  return keys;
}
