import type { ArchiveReport, BackupProgress, ChangeDetectionMode } from "../backup/mod.ts";
import type { LeaveOutOptions } from "./leave_out_options.ts";

/** News of a running backup. */
export type BackupEvent =
  /** A line for people; the run goes on. */
  | {
    readonly kind: "message";
    readonly level: "debug" | "info" | "warn" | "error";
    readonly text: string;
  }
  /** An archive is begun. */
  | { readonly kind: "archive-started"; readonly archive: string }
  /** An archive is complete in the repository; the catalog too. */
  | { readonly kind: "archive-finished"; readonly report: ArchiveReport }
  /** Counters so far, about once a second. */
  | { readonly kind: "progress"; readonly progress: Readonly<BackupProgress> };

/** How to make a snapshot; everything has a default. */
export interface BackupOptions {
  /** Kind of thing that is backed up. Default `host`. */
  readonly type?: "host" | "vm" | "ct";
  /** Name of the group. Default: the machine's host name. */
  readonly id?: string;
  /** Time of the snapshot. Default: now. */
  readonly time?: Date;
  /** Patterns of what is left out, as in `.pxarexclude` files. */
  readonly exclude?: readonly string[];
  /** Further reasons to leave something out. Default: none. */
  readonly leaveOut?: LeaveOutOptions;
  /** Whether file systems mounted below a source are entered. Default false. */
  readonly allFileSystems?: boolean;
  /** How unchanged files are found. Default `legacy`: one archive, everything is read. */
  readonly changeDetection?: ChangeDetectionMode;
  /** Makes no snapshot if the last one has the same archives; the report says so. Default false. */
  readonly skipIfUnchanged?: boolean;
  /** Further attempts when the connection is lost. Default 3. */
  readonly retries?: number;
  /** Ends the run; nothing of it is kept. */
  readonly signal?: AbortSignal;
  /** Hears of the run. */
  readonly onEvent?: (event: BackupEvent) => void;
}
