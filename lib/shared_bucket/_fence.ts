import { parseDecision } from "./_decision.ts";
import { textOf } from "./_put_once.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";
import type { SharedState } from "./_state.ts";

/** Tries until somebody else than the session has decided: it decides once for each of its snapshots. */
const MAX_TRIES = 10_000;

/**
 * Keeps a session that has not been renewed for too long from committing anything from here on, and
 * removes it. What it has decided to commit before lies in the store with its indexes.
 */
export async function fenceSession(
  store: ObjectStore,
  keys: SharedKeys,
  id: string,
  { decisions }: Pick<SharedState, "decisions">,
): Promise<void> {
  const content = textOf({ decision: "fenced" });
  let number = Math.max(0, ...decisions.get(id) ?? []);
  if (number > 0 && await isFenced(store, keys, id, number)) {
    await store.remove(keys.session(id));
    return;
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    number++;
    const result = await store.put(keys.decision(id, number), content, { ifAbsent: true });
    if (result === "stored" || await isFenced(store, keys, id, number)) break;
  }
  await store.remove(keys.session(id));
}

/** Whether the latest decision about a session is that it has ended. */
export async function isFenced(
  store: ObjectStore,
  keys: SharedKeys,
  id: string,
  number: number,
): Promise<boolean> {
  const found = await store.get(keys.decision(id, number));
  return found !== undefined && parseDecision(found.content) === "fenced";
}
