import type { PageRights } from "./page_api.ts";
import type { PageStoreAccess } from "./page_source.ts";

/** Whether a group is one's own: what limited privileges are for. */
export function isOwnGroup({ authId }: PageStoreAccess, owner: string | undefined): boolean {
  // What a token owns is its user's as well (spec: protocol.md §2.9).
  return authId !== undefined && owner !== undefined &&
    (owner === authId || owner.startsWith(`${authId}!`));
}

/**
 * Rights on a group by privileges (spec: protocol.md §2.9). This is for show: whoever carries
 * out a request decides by itself.
 *
 * @param granted Undefined where everything may be done.
 */
export function describeRights(
  granted: ReadonlySet<string> | undefined,
  isOwn: boolean,
): PageRights {
  const may = (full: string, limited: string) =>
    granted === undefined || granted.has(`Datastore.${full}`) ||
    isOwn && granted.has(`Datastore.${limited}`);
  return {
    read: may("Read", "Backup"),
    modify: may("Modify", "Backup"),
    verify: may("Verify", "Backup"),
    prune: may("Modify", "Prune"),
  };
}
