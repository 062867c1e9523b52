import type { InPlaceRequest, TreeChange } from "../restore/mod.ts";

/** How to restore an archive; everything has a default. */
export interface RestoreOptions {
  /** Only what matches one of these, as with `--pattern`. Default: everything. */
  readonly patterns?: readonly string[];
  /** Whether directories, files and links that exist may be replaced. Default false. */
  readonly overwrite?: boolean;
  /** Whether directories may exist already. Default: as `overwrite`. */
  readonly allowExistingDirs?: boolean;
  /** Makes the target directory equal to the archive; each choice is off by default. */
  readonly inPlace?: Partial<InPlaceRequest>;
  /** Told of each change that `inPlace` makes, or would make. */
  readonly onChange?: (change: TreeChange) => void;
  /** Whether owners and groups are left as they are created. Default: false for root. */
  readonly ignoreOwnership?: boolean;
  /** Ends the run; what was restored stays. */
  readonly signal?: AbortSignal;
  /** A line for people; the run goes on. */
  readonly onMessage?: (level: "debug" | "info" | "warn" | "error", text: string) => void;
}
