import type { MatchList } from "./match_list.ts";
import type { WalkFilters } from "./walk_filters.ts";
import type { WalkProgress } from "./walk_progress.ts";
import type { WalkWarning } from "./walk_warning.ts";

/** Default of {@linkcode WalkOptions.entriesMax} (spec: pxar.md §5.1). */
export const DEFAULT_ENTRIES_MAX = 1_048_576;

/** The tree to walk, and how (spec: pxar.md §5.1). */
export interface WalkOptions {
  /** The source directory, as text or as path bytes. */
  readonly source: string | Uint8Array;
  /** Follow a symbolic link at the end of `source`; default yes. */
  readonly followSource?: boolean;
  /** Match list of the command line, evaluated before any `.pxarexclude`. */
  readonly excludes?: MatchList;
  /**
   * One number for each entry of `excludes`: set to 1 for those that matched something, also where
   * another one decided, once the walk is complete.
   */
  readonly metExcludes?: Uint8Array;
  /** Further reasons to leave something out; `excludes` win over what Git ignores. */
  readonly filters?: WalkFilters;
  /** Appends the pattern `lost+found` to `excludes`. */
  readonly skipLostAndFound?: boolean;
  /** Archive also what `.pxarexclude` files exclude. */
  readonly ignoresExcludeFiles?: boolean;
  /** Enter every mounted file system except virtual ones; default: only that of the source. */
  readonly allFileSystems?: boolean;
  /** `st_dev` of further file systems to enter. */
  readonly includeDevices?: ReadonlySet<number>;
  /** Limit for the number of entries in all directories open at a time. */
  readonly entriesMax?: number;
  /** Archive files whose extended attributes are too large without them instead of failing. */
  readonly skipE2bigXattr?: boolean;
  /**
   * Read extended attributes; without them there are no capabilities and ACLs either. Default yes.
   */
  readonly xattrs?: boolean;
  /** Read file capabilities; default yes. */
  readonly fcaps?: boolean;
  /** Read POSIX ACLs; default yes. */
  readonly acls?: boolean;
  /**
   * Most files the walk itself holds open at a time, at least 2; default 512, or
   * what `ulimit -n` allows.
   */
  readonly openFilesMax?: number;
  /** Told about everything that was left out or looks odd. */
  readonly onWarning?: (warning: WalkWarning) => void;
  /** Counters to use, for a display that runs beside. */
  readonly progress?: WalkProgress;
  /** Ends the walk early with a `CancelledError`. */
  readonly signal?: AbortSignal;
}
