import { ConflictError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { checkConditionalWrites } from "./_conditional_writes.ts";
import type { SharedKeys } from "./_keys.ts";
import { textOf } from "./_put_once.ts";

/** Seconds without a sign of life after which a session counts as ended; the same for everybody. */
export const DEFAULT_LEASE_SECONDS = 1800;

/** Owner of a prefix, as `.in-use` names it. */
export interface PrefixOwner {
  /** Whether writers without a server share it. */
  readonly isShared: boolean;
  /** Name of the machine that has created it, as far as it is told. */
  readonly hostname: string;
  /** Seconds; see {@linkcode DEFAULT_LEASE_SECONDS}. */
  readonly leaseSeconds: number;
}

/** @throws {CorruptDataError} if it is not what servers and clients write. */
export function parsePrefixOwner(content: Uint8Array): PrefixOwner {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new CorruptDataError('the object ".in-use" is damaged: not valid JSON', { cause });
  }
  if (typeof value !== "object" || value === null) {
    throw new CorruptDataError('the object ".in-use" is damaged: not an object');
  }
  const { hostname, shared, lease } = value as Record<string, unknown>;
  const isLease = typeof lease === "number" && lease >= 1 && lease <= 7 * 86400;
  return {
    isShared: shared === 1,
    hostname: typeof hostname === "string" ? hostname : "",
    leaseSeconds: isLease ? lease : DEFAULT_LEASE_SECONDS,
  };
}

/** Who owns a prefix; undefined if there is no datastore. */
export async function findPrefixOwner(
  store: ObjectStore,
  keys: SharedKeys,
): Promise<PrefixOwner | undefined> {
  const found = await store.get(keys.inUse);
  return found && parsePrefixOwner(found.content);
}

/**
 * Creates a datastore that writers share; one that is there is left as it is.
 *
 * @throws {ConflictError} if something else lies below the prefix.
 */
export async function createPrefix(
  store: ObjectStore,
  keys: SharedKeys,
  leaseSeconds = DEFAULT_LEASE_SECONDS,
): Promise<boolean> {
  // Asked for by its name: thousands of chunks come before it in a listing.
  const isThere = async () => await store.get(keys.inUse) !== undefined;
  if (await isThere()) return false;
  for await (const { objects } of store.list(keys.root)) {
    const [first] = objects;
    if (first !== undefined) {
      // Somebody else may have been first.
      if (await isThere()) return false;
      throw new ConflictError(
        `no datastore can be created below "${keys.root}" (${store.displayName}): there is "${first.key}"`,
      );
    }
    break;
  }
  await checkConditionalWrites(store, keys);
  const lease = leaseSeconds === DEFAULT_LEASE_SECONDS ? {} : { lease: leaseSeconds };
  const content = textOf({ hostname: Deno.hostname(), shared: 1, ...lease });
  return await store.put(keys.inUse, content, { ifAbsent: true }) === "stored";
}

/** @throws {ConflictError} if a server owns the prefix. @throws {NotFoundError} if nobody does any more. */
export async function requireSharedPrefix(store: ObjectStore, keys: SharedKeys): Promise<void> {
  const owner = await findPrefixOwner(store, keys);
  if (owner === undefined) {
    throw new NotFoundError(
      `there is no datastore "${keys.store}" in ${store.displayName} any more`,
    );
  }
  if (owner.isShared) return;
  throw new ConflictError(
    `datastore "${keys.store}" in ${store.displayName} belongs to the server "${owner.hostname}": ` +
      "it can be read, and written only through that server",
  );
}
