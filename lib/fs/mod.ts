/**
 * File systems: reading a tree for an archive, and writing one from an archive.
 *
 * A *walk* goes through a directory tree, the *source*, depth first in the order of name bytes. It
 * *captures* each entry (opens it and reads its metadata) in *batches* in the native core and hands it
 * to a *visitor*. A *match entry* is a *glob* pattern with a type, include or exclude; a *match list*
 * decides by its last entry that matches. *Exclude files* (`.pxarexclude`) add match entries for their
 * directory and below. What a walk leaves out or finds odd is a *warning*.
 * An *extractor* makes entries below a *target directory*, on native threads; a *token* stands for a
 * set of entries whose data must stay in memory until it is reported. The *selective* extractor leaves
 * out what match patterns do not select.
 *
 * @module
 */

export { walkTree } from "./walk_tree.ts";
export { DEFAULT_ENTRIES_MAX, type WalkOptions } from "./walk_options.ts";
export { WalkProgress } from "./walk_progress.ts";
export type { HardlinkTarget, TreeVisitor, WalkedFile, WalkPath } from "./walk_visitor.ts";
export {
  describeWarning,
  type WalkWarning,
  type WalkWarningKind,
  type WarningText,
} from "./walk_warning.ts";
export { Glob } from "./match_glob.ts";
export { MatchEntry, type MatchType } from "./match_entry.ts";
export { MatchReach } from "./match_reach.ts";
export { PathSetEntry } from "./path_set_entry.ts";
export { evaluateMatchList, type MatchList } from "./match_list.ts";
export { normaliseMatchPath } from "./match_normalise.ts";
export { EXCLUDE_FILE_NAME, type ExcludeFileProblem, parseExcludeFile } from "./exclude_file.ts";
export { parseExcludeList } from "./parse_exclude_list.ts";
export { parseGitignore } from "./gitignore.ts";
export { checkMarkName } from "./check_mark_name.ts";
export { ListedPaths, type PathSelection } from "./listed_paths.ts";
export type { WalkFilters } from "./walk_filters.ts";
export { absolutePath, pathBelow } from "./absolute_path.ts";
export {
  EXCLUDE_CLI_FILE_NAME,
  formatMatchList,
  RECORDED_RULE_PREFIX,
} from "./exclude_cli_file.ts";
export { isVirtualFileSystem } from "./filesystem_features.ts";
export type { FileIdentity } from "./file_identity.ts";
export { compareWalkOrder } from "./compare_walk_order.ts";
export { isSameFile } from "./is_same_file.ts";
export { listLocalFolder, type LocalName } from "./list_local_folder.ts";
export { reopenSourceFile } from "./reopen_source_file.ts";
export { TreeExtractor } from "./tree_extractor.ts";
export type { MendedMetadata } from "./_extract_command_encoder.ts";
export { type ExistingEntry, TreeStream, type TreeStreamEvent } from "./tree_stream.ts";
export { SelectiveExtractor, type SelectiveExtractorOptions } from "./selective_extractor.ts";
export type { ExtractSink } from "./extract_sink.ts";
export type { ExtractOptions, ExtractWayOut } from "./extract_options.ts";
export type { ExtractError, ExtractStep } from "./extract_error.ts";
export type { ExtractReport } from "./extract_report.ts";
