import type { TaskLog } from "../repository/mod.ts";

/** How to collect garbage. */
export interface CollectGarbageOptions {
  /** The task that does it. */
  readonly upid: string;
  readonly log: TaskLog;
  readonly signal?: AbortSignal;
  /**
   * Age in seconds from which garbage is removed, instead of the datastore's. 0 is safe: nobody else
   * can be writing, and what a backup of this process uses is kept.
   */
  readonly cutoffSeconds?: number | undefined;
  /**
   * Goes on where an earlier one was interrupted that had this as well, and records every so many
   * milliseconds, and when it is interrupted, how far it has come. Absent: as a whole.
   */
  readonly recordEveryMs?: number | undefined;
  /** Hears of each chunk that an index names and that is missing. */
  readonly onMissing?: ((digest: Uint8Array) => void) | undefined;
}
