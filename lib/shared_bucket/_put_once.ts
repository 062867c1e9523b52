import { bytesEqual } from "../bytes/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";

/**
 * Writes an object that nobody has written yet. An answer that was lost makes the next try find our own.
 *
 * @returns Whether it is ours.
 */
export async function putOnce(
  store: ObjectStore,
  key: string,
  content: Uint8Array,
  check?: () => void,
): Promise<boolean> {
  const options = { ifAbsent: true, ...(check === undefined ? {} : { beforeAttempt: check }) };
  if (await store.put(key, content, options) === "stored") return true;
  const found = await store.get(key);
  return found !== undefined && bytesEqual(found.content, content);
}

/** The text of a small object. */
export function textOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
