import { type GcStatus, LocalRepository, readGcStatus } from "../../datastore/mod.ts";
import type { StorageStatus } from "../../repository/mod.ts";
import { type GroupAge, groupAges } from "../ages/mod.ts";
import type { ServerState } from "../state/mod.ts";

/** Groups of a datastore with metrics of their own; a collector's memory is somebody's, too. */
const MAX_GROUPS = 1000;

/** A datastore, as metrics show it. */
export interface DatastoreFacts {
  readonly name: string;
  readonly status: StorageStatus;
  /** Of the last garbage collection; absent if none has ended, or its file cannot be read. */
  readonly gc?: GcStatus;
  /** The first groups, by namespace. */
  readonly groups: readonly GroupAge[];
  readonly groupCount: number;
  readonly snapshotCount: number;
}

/** The facts about a datastore. @throws {PbsError} if it is not to be had. */
export async function datastoreFacts(state: ServerState, name: string): Promise<DatastoreFacts> {
  const { datastore } = state.datastore(name, "read");
  const groups: GroupAge[] = [];
  let [groupCount, snapshotCount] = [0, 0];
  for await (const group of groupAges(datastore)) {
    groupCount++;
    snapshotCount += group.snapshots;
    if (groups.length < MAX_GROUPS) groups.push(group);
  }
  const gc = await readGcStatus(datastore).catch(() => undefined);
  return {
    name,
    status: await new LocalRepository(datastore).status(),
    ...gc === undefined || gc.upid === null ? {} : { gc },
    groups,
    groupCount,
    snapshotCount,
  };
}
