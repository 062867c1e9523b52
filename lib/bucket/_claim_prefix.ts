import { ConflictError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { BucketKeys } from "./bucket_keys.ts";
import { formatInUseMarker, parseInUseMarker } from "./in_use_marker.ts";

/** Limits of a claim. */
export interface ClaimOptions {
  /** Takes a datastore over that is in the bucket already. */
  readonly reuse: boolean;
  /** Takes one over that somebody else uses, or has used and not given up. */
  readonly overwriteInUse: boolean;
}

/** A claim to a datastore in a bucket that nobody stands in the way of. */
export interface PrefixClaim {
  /** Says so in the bucket. @throws {ConflictError} if somebody else was faster. */
  write(hostname: string): Promise<void>;
  /** Takes that back, as far as the bucket lets it. */
  giveUp(): Promise<void>;
}

/**
 * Looks whether the name of a datastore is free in a bucket (spec: s3-datastore.md §10.1).
 *
 * @throws {ConflictError} if somebody uses it, or if there is data of it that is not to be used.
 */
export async function claimPrefix(
  objects: ObjectStore,
  keys: BucketKeys,
  { reuse, overwriteInUse }: ClaimOptions,
): Promise<PrefixClaim> {
  const marker = overwriteInUse ? undefined : await objects.get(keys.inUse);
  if (marker !== undefined) throw inUse(marker.content);
  if (!reuse) await requireNoContents(objects, keys);
  let isWritten = false;
  return {
    write: async (hostname) => {
      const content = formatInUseMarker(hostname);
      const outcome = await objects.put(keys.inUse, content, { ifAbsent: !overwriteInUse });
      if (outcome === "exists") {
        throw inUse((await objects.get(keys.inUse))?.content ?? new Uint8Array());
      }
      isWritten = true;
    },
    giveUp: async () => {
      if (isWritten && !overwriteInUse) await objects.remove(keys.inUse).catch(() => {});
    },
  };
}

function inUse(content: Uint8Array): ConflictError {
  const { hostname, isShared } = parseInUseMarker(content);
  if (isShared) {
    return new ConflictError(
      "Bucket already contains datastore in use: clients use it directly, without a server",
    );
  }
  const by = hostname === undefined ? "" : ` by host ${hostname}`;
  return new ConflictError(`Bucket already contains datastore in use${by}`);
}

/** The first collection would delete every chunk of snapshots that the cache does not know. */
async function requireNoContents(objects: ObjectStore, keys: BucketKeys): Promise<void> {
  for await (const page of objects.list(keys.contents)) {
    if (page.objects.length === 0) continue;
    throw new ConflictError(
      `${objects.displayName} has data of a datastore "${keys.name}" already: it can be re-used ` +
        '("reuse-datastore"), or another name be chosen',
    );
  }
}
