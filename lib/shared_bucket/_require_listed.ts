import { PbsError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";

/**
 * Checks that a listing showed what this process had written before it: all that several machines know of each
 * other comes from listings.
 *
 * @param isListed Whether it did; if not, somebody else may have removed the object meanwhile.
 * @throws {PbsError} if the object is there: listings of the store lag behind.
 */
export async function requireListed(
  store: ObjectStore,
  key: string,
  isListed: boolean,
): Promise<void> {
  if (isListed || await store.get(key) === undefined) return;
  throw new PbsError(
    `${store.displayName} cannot be shared without a server: its listings lag behind, "${key}" was ` +
      "written and is not listed, so that two machines could destroy each other's data; use another " +
      "object store, or a server before this one",
  );
}
