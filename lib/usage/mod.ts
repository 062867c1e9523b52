/**
 * Usage: what snapshots take, from their indexes only.
 *
 * A *scope* is a set of snapshots: of a group, of a namespace, of a datastore. A *unit* of it is a
 * snapshot or a group. Every chunk counts once for a unit, however often that refers to it; it is
 * *unique* to the unit if no other one does, and *added* by a snapshot if the one before it does not.
 * A *tally* remembers chunks compactly.
 *
 * @module
 */

export type { ChunkSums } from "./chunk_sums.ts";
export { fetchUploadStatistics } from "./fetch_upload_statistics.ts";
export { GrowthTally } from "./growth_tally.ts";
export { largestNewFiles, type NewFile } from "./largest_files.ts";
export {
  type MeasureOptions,
  measureScope,
  type ScopeUsage,
  type UnitUsage,
} from "./measure_scope.ts";
export {
  measureSnapshot,
  type MeasureSnapshotOptions,
  type SnapshotUsage,
} from "./measure_snapshot.ts";
export { groupScope, namespaceScope, type UsageProgress, type UsageScope } from "./usage_scope.ts";
export type { PlacedSnapshot } from "./_snapshot_indexes.ts";
