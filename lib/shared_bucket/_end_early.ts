import type { ObjectStore } from "../s3/mod.ts";
import { isFenced } from "./_fence.ts";
import type { SharedKeys } from "./_keys.ts";
import { isGone } from "./_process_identity.ts";
import { textOf } from "./_put_once.ts";
import { parseSessionOwner } from "./_session_owner.ts";

/**
 * Ends a session before its lease is over, if its process ran on this machine, is gone, and has decided
 * nothing: whoever has not decided has sent nothing that could do harm when it arrives late, and cannot decide
 * any more (docs/internals/shared-bucket.md "Sessions").
 *
 * @returns Whether the session has ended.
 */
export async function endEarly(
  store: ObjectStore,
  keys: SharedKeys,
  id: string,
): Promise<boolean> {
  const found = await store.get(keys.session(id));
  const identity = found && parseSessionOwner(found.content).identity;
  if (identity === undefined || !isGone(identity)) return false;
  // The store says who was first: this, or a decision of the session.
  const content = textOf({ decision: "fenced" });
  const result = await store.put(keys.decision(id, 1), content, { ifAbsent: true });
  if (result === "exists" && !await isFenced(store, keys, id, 1)) return false;
  await store.remove(keys.session(id));
  return true;
}
