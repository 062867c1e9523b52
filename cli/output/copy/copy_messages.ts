import { formatSnapshotPath, type PlacedSnapshot } from "../../../lib/repository/mod.ts";
import type {
  CopyEstimate,
  CopyOutcome,
  CopyProgress,
  CopyReport,
  CopyRunObserver,
  CopyRunProgress,
} from "../../../lib/transfer/mod.ts";
import { coarseSize } from "../coarse_size.ts";
import { countOf } from "../count_of.ts";
import { formatDuration } from "../format_duration.ts";
import { LiveLine } from "../live_line.ts";
import type { LogLevel } from "../log_level.ts";
import type { Output, OutputFormat } from "../output.ts";

/** The lines of a copy: problems on the standard error, what became of snapshots as the result. */
export class CopyMessages implements CopyRunObserver, Disposable {
  readonly outcomes: CopyOutcome[] = [];
  readonly #live: LiveLine<CopyRunProgress>;

  constructor(
    private readonly output: Output,
    private readonly format: OutputFormat,
    readonly progress: CopyRunProgress,
  ) {
    this.#live = new LiveLine(output, describeCopy);
    this.#live.state = progress;
  }

  log(level: LogLevel, message: string): void {
    this.output.log(level, message);
  }

  snapshotDone(outcome: CopyOutcome): void {
    const { copied, from, reason, state } = outcome;
    const name = nameOf(from);
    if (this.format !== "text") this.outcomes.push(outcome);
    for (const warning of copied?.warnings ?? []) this.output.log("warn", `${name}: ${warning}`);
    if (state === "failed") {
      this.output.log("error", `${name}: not copied: ${reason}`);
    } else if (state === "copied") {
      if (this.format === "text" && !this.output.isQuiet) {
        this.output.printLine(`${name}: copied, ${describeMoved(copied!)}`);
      }
    } else this.output.log("debug", `${name}: ${DECISIONS[state]}`);
  }

  /** Tells the sums. */
  finish(report: CopyReport): void {
    this.#live[Symbol.dispose]();
    if (this.format !== "text") return;
    const { copied, failed, present, older, unfinished } = report.snapshots;
    const parts = [
      `${copied} copied`,
      `${present} there already`,
      ...(older > 0 ? [`${older} older than the newest there`] : []),
      ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
      `${failed} failed`,
    ];
    this.output.printLine(
      `Snapshots: ${parts.join(", ")}; ${describeMoved(this.progress)}; ` +
        formatDuration(Math.floor(report.durationMs / 1000)),
    );
  }

  /** Removes the live line. */
  [Symbol.dispose](): void {
    this.#live[Symbol.dispose]();
  }
}

const DECISIONS = {
  present: "there already",
  older: "older than the newest snapshot of the group there, which can only grow at its end",
  unfinished: "not finished",
} as const;

/** Lines that say what a copy would do. */
export function describeEstimate(
  wanted: readonly PlacedSnapshot[],
  { snapshots, plainBytes, chunks, chunkBytes, storedBytes, unreadable }: CopyEstimate,
): string[] {
  const stored = storedBytes === undefined ? "" : `, ${coarseSize(storedBytes)} as they are stored`;
  return [
    ...wanted.map((each) => `${nameOf(each)}: would be copied`),
    `Would copy ${countOf(snapshots, "snapshot")} of ${coarseSize(plainBytes)}, and move at most ` +
    `${countOf(chunks, "chunk")} (${coarseSize(chunkBytes)}${stored})`,
    ...(unreadable > 0 ? [`${countOf(unreadable, "snapshot")} cannot be read`] : []),
  ];
}

/** A snapshot with its namespace. */
export function nameOf({ namespace, snapshot }: PlacedSnapshot): string {
  return `${namespace === "" ? "" : `${namespace}:`}${formatSnapshotPath(snapshot)}`;
}

function describeMoved(
  { chunksMoved, bytesMoved, chunksReused, bytesReused }: CopyProgress,
): string {
  return `${countOf(chunksMoved, "chunk")} (${coarseSize(bytesMoved)}) moved, ` +
    `${chunksReused} (${coarseSize(bytesReused)}) reused`;
}

/**
 * How far a copy has come, in one line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const counters = { chunksMoved: 0, chunksReused: 0, bytesReused: 0 };
 * const state = { snapshot: "host/a/T", snapshotsDone: 0, snapshotsTotal: 2, ...counters };
 * assertEquals(
 *   describeCopy({ ...state, bytesTotal: 4096, bytesDone: 2048, bytesMoved: 1024 }, 2),
 *   "50%, snapshot 1 of 2, 1 KiB moved, 512 B/s, 2s  host/a/T",
 * );
 * ```
 */
export function describeCopy(
  { snapshot, snapshotsDone, snapshotsTotal, bytesDone, bytesTotal, bytesMoved }: CopyRunProgress,
  seconds: number,
): string {
  const percent = Math.min(100, Math.floor(bytesDone * 100 / Math.max(bytesTotal, 1)));
  const number = Math.min(snapshotsDone + 1, snapshotsTotal);
  const rate = coarseSize(Math.round(bytesMoved / Math.max(seconds, 0.001)));
  return `${percent}%, snapshot ${number} of ${snapshotsTotal}, ${coarseSize(bytesMoved)} moved, ` +
    `${rate}/s, ${formatDuration(Math.floor(seconds))}  ${snapshot}`;
}
