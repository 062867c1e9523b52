/**
 * Search: in which snapshots a name is, without reading contents.
 *
 * A *source* is a file of a snapshot that has names: its catalog, or the metadata of a split archive. A
 * *shelf* keeps the names of all sources of a group in a file beside the caches, in *blocks*, one for what
 * each source has brought. Entries make *segments*, segments make *listings*, one for each different
 * directory; what two snapshots have alike is kept once, and searched once. A *hit* is an entry that
 * matches a *pattern*, a *version* a state in which some snapshots have it.
 *
 * @module
 */

export { NamePattern, type NamePatternOptions } from "./name_pattern.ts";
export type { FoundPath, FoundVersion } from "./_found_names.ts";
export type { NameQuery } from "./_name_hits.ts";
export {
  type FoundName,
  searchNames,
  type SearchOptions,
  type SearchProgress,
  type SearchScope,
} from "./search_names.ts";
export { ShelfFolder } from "./shelf_folder.ts";
