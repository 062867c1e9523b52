import { SharedKeys } from "./_keys.ts";

/**
 * Key of the object that `trialKey` of a bucket's options may name for a datastore in it.
 *
 * @param store Name of the datastore.
 */
export function trialKey(store: string): string {
  return new SharedKeys(store).trial;
}
