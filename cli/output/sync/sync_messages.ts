import {
  placeName,
  type SyncAction,
  type SyncObserver,
  type SyncOutcome,
  type SyncPlace,
  type SyncReport,
} from "../../../lib/sync/mod.ts";
import type { CopyProgress } from "../../../lib/transfer/mod.ts";
import { coarseSize } from "../coarse_size.ts";
import { countOf } from "../count_of.ts";
import { formatDuration } from "../format_duration.ts";
import { LiveLine } from "../live_line.ts";
import type { LogLevel } from "../log_level.ts";
import type { Output, OutputFormat } from "../output.ts";

const WORDS: Readonly<Record<Exclude<SyncAction, "fail">, readonly [string, string]>> = {
  "copy": ["copied", "would be copied"],
  "resync": ["fetched again", "would be fetched again"],
  "remove": ["removed", "would be removed"],
  "keep": ["kept", "would be kept"],
  "leave-out": ["left out", "would be left out"],
};

/** How far a sync has come, as its live line shows it. */
export interface SyncState extends Readonly<CopyProgress> {
  /** The snapshot that is being copied. */
  readonly place: string;
  readonly snapshotsDone: number;
}

/** The lines of a sync: problems on the standard error, what became of everything as the result. */
export class SyncMessages implements SyncObserver, Disposable {
  readonly outcomes: SyncOutcome[] = [];
  readonly progress = {
    bytesDone: 0,
    bytesMoved: 0,
    chunksMoved: 0,
    chunksReused: 0,
    bytesReused: 0,
  };
  readonly #started = performance.now();
  readonly #live: LiveLine<SyncState>;
  #snapshotsDone = 0;

  constructor(
    private readonly output: Output,
    private readonly format: OutputFormat,
    private readonly dryRun: boolean,
  ) {
    this.#live = new LiveLine(output, describeSync);
  }

  log(level: LogLevel, message: string): void {
    this.output.log(level, message);
  }

  begin(place: SyncPlace): void {
    // The counters are looked at whenever the line is shown.
    const { progress } = this;
    this.#live.state = Object.assign(Object.create(progress), {
      place: placeName(place),
      snapshotsDone: this.#snapshotsDone,
    });
  }

  done(outcome: SyncOutcome): void {
    if (this.format !== "text") this.outcomes.push(outcome);
    const { action, reason, isCorrupt = false, sizeBytes } = outcome;
    const name = placeName(outcome);
    if (action === "copy") this.#snapshotsDone++;
    if (action === "fail") {
      this.output.log("error", `${name}: ${reason}`);
      return;
    }
    const why = reason === undefined ? "" : `: ${reason}`;
    const size = sizeBytes === undefined ? "" : ` (${coarseSize(sizeBytes)})`;
    const line = `${name}: ${WORDS[action][this.dryRun ? 1 : 0]}${why}${size}`;
    if (isCorrupt) this.output.log("warn", line);
    else if (this.format === "text" && (this.dryRun || !this.output.isQuiet)) {
      this.output.printLine(line);
    }
  }

  /** Tells the sums. */
  finish(report: SyncReport): void {
    this.#live[Symbol.dispose]();
    if (this.format !== "text") return;
    const parts = [
      `${countOf(report.groups, "group")} in ${countOf(report.namespaces, "namespace")}`,
      `${report.snapshotsCopied} copied`,
      ...(report.snapshotsResynced > 0 ? [`${report.snapshotsResynced} fetched again`] : []),
      ...(report.snapshotsRemoved > 0 ? [`${report.snapshotsRemoved} removed`] : []),
      ...(report.snapshotsKept > 0 ? [`${report.snapshotsKept} protected`] : []),
      ...(report.snapshotsLeftOut > 0 ? [`${report.snapshotsLeftOut} left out`] : []),
      `${report.failed} failed`,
    ];
    if (this.dryRun) {
      this.output.printLine(`Would do: ${parts.join(", ")}`);
      return;
    }
    const { chunksMoved, bytesMoved, chunksReused, bytesReused } = report;
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    this.output.printLine(
      `Sync: ${parts.join(", ")}; ${countOf(chunksMoved, "chunk")} (${coarseSize(bytesMoved)}) ` +
        `moved, ${chunksReused} (${coarseSize(bytesReused)}) reused; ${formatDuration(seconds)}`,
    );
  }

  /** Removes the live line. */
  [Symbol.dispose](): void {
    this.#live[Symbol.dispose]();
  }
}

/** How far a sync has come, in one line. */
function describeSync(
  { place, snapshotsDone, bytesMoved, bytesReused }: SyncState,
  seconds: number,
): string {
  const rate = coarseSize(Math.round(bytesMoved / Math.max(seconds, 0.001)));
  return `${countOf(snapshotsDone, "snapshot")} copied, ${coarseSize(bytesMoved)} moved, ` +
    `${coarseSize(bytesReused)} reused, ${rate}/s, ${
      formatDuration(Math.floor(seconds))
    }  ${place}`;
}
