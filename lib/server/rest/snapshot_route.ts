import { DatastoreSnapshot } from "../../datastore/mod.ts";
import { type Answer, BACKUP_TIME, type ParameterValues } from "../api/mod.ts";
import type { RestRoute } from "../state/mod.ts";
import { type GroupCall, groupRoute, type NamedGroup } from "./group_route.ts";

/** The snapshot a call is about; the caller may do with it what the call does. */
export interface NamedSnapshot extends NamedGroup {
  readonly snapshot: DatastoreSnapshot;
}

/** A call on one snapshot. */
export interface SnapshotCall extends Omit<GroupCall, "handle"> {
  /** Does what the call is for. */
  readonly handle: (named: NamedSnapshot, values: ParameterValues) => Promise<Answer> | Answer;
}

/** The route of a call on one snapshot: that of its group, whose owner owns it. */
export function snapshotRoute({ handle, ...call }: SnapshotCall): RestRoute {
  return groupRoute({
    ...call,
    parameters: { "backup-time": BACKUP_TIME, ...call.parameters },
    handle: (named, values) => {
      const snapshot = DatastoreSnapshot.of(named.group, values.integer("backup-time"));
      return handle({ ...named, snapshot }, values);
    },
  });
}
