/**
 * Sync: a target that is kept equal to a source, group by group.
 *
 * A *sync* goes through the *namespaces* of the source, each of which is *mapped* to one of the target. Of a
 * group it *copies* the snapshots that are newer than the target's last one, unless a rule leaves them
 * *out*; it *fetches* again what a verification found bad, and *removes* what has *vanished* from the
 * source, if asked. Protected snapshots and what belongs to others stay. What fails is *named*, and keeps
 * nothing else from being done.
 *
 * @module
 */

export { chooseSnapshots, type LeftOut, type SnapshotChoice } from "./choose_snapshots.ts";
export type {
  SyncAction,
  SyncObserver,
  SyncOutcome,
  SyncPlace,
  SyncReport,
  SyncRequest,
} from "./sync_request.ts";
export { placeName } from "./_place.ts";
export { runSync } from "./run_sync.ts";
