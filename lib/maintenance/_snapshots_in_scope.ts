import {
  BadChunks,
  type Datastore,
  type DatastoreSnapshot,
  groupsOf,
  isDue,
  namespacesBelow,
  readManifest,
  readOwner,
  requireNamespace,
  snapshotsOf,
  verifiedAt,
} from "../datastore/mod.ts";
import { NotFoundError, PbsError } from "../errors/mod.ts";
import { type Manifest, verifyStateOf } from "../manifest/mod.ts";
import { isInScope } from "./_is_in_scope.ts";
import type { MaintenancePlan } from "./maintenance_plan.ts";

/** Snapshots of a maintenance. */
export interface SnapshotsInScope {
  /** All that are finished. */
  readonly all: readonly DatastoreSnapshot[];
  /** Those to be verified as a whole, the ones that wait longest first. */
  readonly due: readonly DatastoreSnapshot[];
  /** Those that are not, and whose last verification failed. */
  readonly knownBad: readonly DatastoreSnapshot[];
}

/**
 * The snapshots of a plan. A snapshot waits since its last verification, or since it was made: so new
 * ones never keep old ones from their turn, nor the other way round.
 *
 * @throws {NotFoundError} if there is no such namespace.
 */
export async function snapshotsInScope(
  datastore: Datastore,
  plan: MaintenancePlan,
): Promise<SnapshotsInScope> {
  requireNamespace(datastore, plan.namespace);
  const bad = await BadChunks.read(datastore);
  const now = Math.floor(Date.now() / 1000);
  const all: DatastoreSnapshot[] = [];
  const due: { snapshot: DatastoreSnapshot; since: number }[] = [];
  const knownBad: DatastoreSnapshot[] = [];
  for (const namespace of await namespacesBelow(datastore, plan.namespace, plan.maxDepth)) {
    for (const group of await groupsOf(datastore, namespace)) {
      if (group.path === "host/benchmark") continue;
      if (!isInScope(group.name, await readOwner(group), plan)) continue;
      for (const snapshot of await snapshotsOf(group)) {
        const manifest = await manifestOf(snapshot);
        if (manifest === "none") continue;
        all.push(snapshot);
        const verified = manifest === "damaged" ? undefined : verifyStateOf(manifest);
        const isBad = verified?.state === "failed";
        if (plan.whole !== undefined) {
          const isOld = isDue(verified, plan.whole, now);
          // One that failed is worth another look once its chunks are there again.
          const isHealed = isBad && manifest !== "damaged" &&
            await isWithout(bad, snapshot, manifest);
          if (isOld || isHealed) {
            due.push({ snapshot, since: verifiedAt(verified) ?? snapshot.time });
            continue;
          }
        }
        if (isBad) knownBad.push(snapshot);
      }
    }
  }
  due.sort((a, b) => a.since === b.since ? 0 : a.since - b.since);
  return { all, due: due.map(({ snapshot }) => snapshot), knownBad };
}

/** The manifest of a snapshot; `none` of one that is unfinished or gone. */
async function manifestOf(snapshot: DatastoreSnapshot): Promise<Manifest | "none" | "damaged"> {
  try {
    return await readManifest(snapshot);
  } catch (error) {
    if (error instanceof NotFoundError) return "none";
    if (error instanceof PbsError) return "damaged";
    throw error;
  }
}

/** Whether no chunk of a snapshot is known to be bad; false if its indexes cannot be read. */
async function isWithout(
  bad: BadChunks,
  snapshot: DatastoreSnapshot,
  manifest: Manifest,
): Promise<boolean> {
  try {
    return !await bad.areIn(snapshot.folder, manifest);
  } catch (error) {
    if (error instanceof PbsError) return false;
    throw error;
  }
}
