/**
 * Compare: what two snapshots do not have alike, without reading contents.
 *
 * Archives of one name make a *pair*. The entries of two file archives come as *streams* that are
 * merged; an entry that both do not have alike is a *change* with the *parts* that differ. What the
 * indexes tell of two contents is *evidence*: the digests of the chunks they lie in. A removed and an
 * added entry that are one and the same make a *rename*.
 *
 * @module
 */

export type { ArchivePair } from "./archive_pair.ts";
export { checkSnapshot } from "./check_snapshot.ts";
export type { ContentVerdict } from "./_content_evidence.ts";
export { DirectorySummary, type DirectoryTotals } from "./directory_summary.ts";
export type { ChangedPart, EntryChange } from "./entry_change.ts";
export {
  type ArchiveChange,
  type CompareOptions,
  type SnapshotChange,
  SnapshotComparison,
} from "./snapshot_comparison.ts";
