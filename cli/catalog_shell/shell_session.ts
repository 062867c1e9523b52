import type { MatchList } from "../../lib/fs/mod.ts";
import type { ArchiveShell } from "../../lib/shell/mod.ts";
import type { Output } from "../output/output.ts";

/** Part of an archive that is to be restored. */
export interface WantedPart {
  /** Patterns that are text. */
  readonly patterns: readonly string[];
  /** Everything else; together with no patterns nothing means everything. */
  readonly selection: MatchList;
}

/** Means of the commands of a catalog shell. */
export interface ShellSession {
  readonly shell: ArchiveShell;
  readonly output: Output;
  /** Aborted when the command that runs is to end. */
  readonly signal: AbortSignal;
  /** Restores a part of the archive below a directory. */
  restore(target: Uint8Array, wanted: WantedPart): Promise<void>;
}
