import {
  type Datastore,
  groupsOf,
  namespacesBelow,
  snapshotContents,
  snapshotsOf,
} from "../../datastore/mod.ts";
import { NotFoundError } from "../../errors/mod.ts";
import type { BackupGroup } from "../../repository/mod.ts";

/** A group, and when it was backed up. */
export interface GroupAge extends BackupGroup {
  readonly namespace: string;
  /** Number of snapshots, unfinished ones included. */
  readonly snapshots: number;
  /** Time of the newest finished snapshot, seconds; absent if there is none. */
  readonly newest?: number;
}

/** All groups of a datastore with their ages, by namespace. */
export async function* groupAges(datastore: Datastore): AsyncGenerator<GroupAge> {
  for (const namespace of await namespacesBelow(datastore, "")) {
    for (const group of await groupsUnlessGone(datastore, namespace)) {
      const snapshots = await snapshotsOf(group);
      // Only just made, or being removed.
      if (snapshots.length === 0) continue;
      let newest: number | undefined;
      for (const snapshot of snapshots) {
        if (!await isFinished(snapshot)) continue;
        newest = snapshot.time;
        break;
      }
      const age = { ...group.name, namespace, snapshots: snapshots.length };
      yield newest === undefined ? age : { ...age, newest };
    }
  }
}

async function groupsUnlessGone(datastore: Datastore, namespace: string) {
  try {
    return await groupsOf(datastore, namespace);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

async function isFinished(snapshot: Parameters<typeof snapshotContents>[0]): Promise<boolean> {
  try {
    return (await snapshotContents(snapshot)).finished;
  } catch (error) {
    // It was removed in the meantime.
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
