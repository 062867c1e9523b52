import { SystemError } from "../errors/mod.ts";
import type { StoreClock } from "./_store_clock.ts";
import { isFull } from "./_system_failure.ts";
import type { Datastore } from "./datastore.ts";
import { type GcProgress, GcProgressFile } from "./gc_progress.ts";
import type { GcCounters } from "./gc_status.ts";

/** Parts of the record besides the place. */
interface Recorded {
  /** Record that an earlier one has left. */
  readonly earlier: GcProgress | undefined;
  readonly limits: { readonly remove: number; readonly pending: number };
  /** Grow meanwhile. */
  readonly counters: GcCounters;
  readonly clock: StoreClock;
}

/** Records now and then how far a garbage collection has come, if that is wanted. */
export class ProgressRecorder {
  /** Stamps of indexes that are marked; undefined if nothing is recorded. */
  readonly marked: Map<string, string> | undefined;
  /** Indexes that there are. */
  total: number;
  /** The folder that is being swept; undefined while indexes are marked. */
  folder: number | undefined;
  readonly #file: GcProgressFile;
  readonly #recorded: Recorded;
  readonly #everyMs: number | undefined;
  #lastMs = performance.now();

  /** @param options.recordEveryMs Absent if nothing is to be recorded. */
  constructor(
    datastore: Datastore,
    { recordEveryMs }: { readonly recordEveryMs?: number | undefined },
    recorded: Recorded,
  ) {
    const { earlier } = recorded;
    this.#file = new GcProgressFile(datastore);
    this.#everyMs = recordEveryMs;
    this.#recorded = recorded;
    this.total = earlier?.total ?? 0;
    this.folder = earlier?.folder;
    if (recordEveryMs !== undefined) this.marked = new Map(earlier?.marked);
  }

  /** Whether it is time again to record. */
  get isDue(): boolean {
    return this.#everyMs !== undefined && performance.now() - this.#lastMs >= this.#everyMs;
  }

  /** Records how far it is, unless nothing is to be recorded. */
  async record(): Promise<void> {
    const { marked, total, folder } = this;
    if (marked === undefined) return;
    const { earlier, limits: { remove, pending }, counters, clock } = this.#recorded;
    const start = earlier?.start ?? clock.start;
    const last = clock.check();
    const place = folder === undefined ? {} : { folder };
    try {
      await this.#file.write({ start, last, remove, pending, counters, marked, total, ...place });
    } catch (error) {
      // On a full disk it is more important to go on and free some space.
      if (!(error instanceof SystemError && isFull(error))) throw error;
    }
    this.#lastMs = performance.now();
  }
}
