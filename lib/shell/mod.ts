/**
 * Shell: walking about in the archives of a snapshot, before anything is restored.
 *
 * *Names* are the tree of an archive without what it consists of. They come from the *catalog* of the
 * snapshot, or from the archive itself: from the metadata stream of one that is split, or where the
 * catalog is missing or damaged. A *place* is an entry with all those above it; a *shell* has a
 * *position*, which is the place that relative paths begin at, and a *selection* of paths and patterns
 * that a restore takes as its match list.
 *
 * @module
 */

export type { ArchiveNames, NameEntry, NameVisit } from "./archive_names.ts";
export {
  ArchiveShell,
  type ArchiveShellOptions,
  type FoundEntry,
  type PathCandidate,
} from "./archive_shell.ts";
export { type SelectedItem, Selection } from "./selection.ts";
export { type NamesPart, snapshotNames, type SnapshotNamesOptions } from "./snapshot_names.ts";
