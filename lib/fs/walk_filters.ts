import type { PathSelection } from "./listed_paths.ts";

/** Reasons to leave something out of a walk that no match entry can express. */
export interface WalkFilters {
  /** Leave out the contents of directories with a valid `CACHEDIR.TAG`; the tag stays. */
  readonly caches?: boolean;
  /** Leave out the contents of directories that have an entry of one of these names; it stays. */
  readonly ifPresent?: readonly Uint8Array[];
  /** Leave out regular files with more bytes than this. */
  readonly largerThanBytes?: number;
  /** Leave out what the `.gitignore` files of a working tree of Git say. */
  readonly gitignore?: boolean;
  /** The only paths to read, with what is below them. */
  readonly selection?: PathSelection;
}
