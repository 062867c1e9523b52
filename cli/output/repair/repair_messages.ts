import { quotePath } from "../../../lib/bytes/mod.ts";
import type {
  LostFile,
  RepairProgress,
  RepairReport,
  SnapshotOutcome,
} from "../../../lib/repair/mod.ts";
import type { LostEntry } from "../../../lib/restore/mod.ts";
import { formatSnapshotPath } from "../../../lib/repository/mod.ts";
import { coarseSize } from "../coarse_size.ts";
import { countOf } from "../count_of.ts";
import { describeVerification } from "../describe_verification.ts";
import { formatDuration } from "../format_duration.ts";
import { LiveLine } from "../live_line.ts";
import type { LogLevel } from "../log_level.ts";
import type { Output, OutputFormat } from "../output.ts";

/** Stretches of an image that are shown; all are in the JSON form. */
const MAX_RANGES = 20;

/** The lines of a repair: what is taken on the standard error, what became of snapshots as the result. */
export class RepairMessages implements Disposable {
  readonly progress: RepairProgress = {
    snapshot: "",
    snapshotsDone: 0,
    snapshotsTotal: 0,
    bytesRead: 0,
  };
  readonly #live: LiveLine<RepairProgress>;

  constructor(
    private readonly output: Output,
    private readonly format: OutputFormat,
    private readonly isDryRun: boolean,
  ) {
    this.#live = new LiveLine(output, describeVerification);
    this.#live.state = this.progress;
  }

  log(level: LogLevel, message: string): void {
    this.output.log(level, message);
  }

  /** Tells what became of a snapshot, unless there was nothing to do. */
  snapshotDone(outcome: SnapshotOutcome): void {
    const { state } = outcome;
    const name = nameOf(outcome);
    if (state === "skipped") this.output.log("warn", `${name}: left out: ${outcome.note}`);
    if (state === "unfinished") {
      this.output.log(
        "warn",
        `${name}: it has no manifest: it was never finished, or has lost it, and no copy was found`,
      );
    }
    if (this.format !== "text") return;
    if (state === "repaired" && !this.output.isQuiet) {
      this.output.printLine(
        `${name}: ${this.isDryRun ? "can be made whole" : "whole again"}${partsOf(outcome)}`,
      );
    }
    if (state === "damaged") {
      this.output.printLine(`${name}: DAMAGED${partsOf(outcome)}`);
      for (const file of outcome.lost) this.#lost(file);
    }
  }

  /** Tells the sums. */
  finish({ snapshots, ...sums }: RepairReport): void {
    this.#live[Symbol.dispose]();
    if (sums.chunksUnproven > 0) {
      this.output.log(
        "info",
        `of ${
          countOf(sums.chunksUnproven, "encrypted chunk")
        } only the CRC was checked: their key ` +
          "is not at hand (--keyfile)",
      );
    }
    if (this.format !== "text") return;
    const { whole, repaired, damaged, unfinished, skipped } = snapshots;
    const parts = [
      `${whole} whole`,
      `${repaired} ${this.isDryRun ? "can be made whole" : "whole again"}`,
      `${damaged} damaged`,
      ...(unfinished > 0 ? [`${unfinished} without manifest`] : []),
      ...(skipped > 0 ? [`${skipped} left out`] : []),
    ];
    const verb = this.isDryRun ? "could be put in place" : "put in place";
    this.output.printLine(
      `Snapshots: ${parts.join(", ")}; ${countOf(sums.chunksRepaired, "chunk")} ` +
        `(${coarseSize(sums.bytesRepaired)}) ${verb}, ${sums.chunksLost} lost; ` +
        formatDuration(Math.floor(sums.durationMs / 1000)),
    );
  }

  /** Removes the live line. */
  [Symbol.dispose](): void {
    this.#live[Symbol.dispose]();
  }

  #lost({ filename, extent, reason, chunks, ranges, entries, unnamed }: LostFile): void {
    const what = extent === "whole" ? `lost: ${reason}` : `${countOf(chunks, "chunk")} lost`;
    this.output.printLine(`  ${filename}: ${what}`);
    const isImage = filename.endsWith(".fidx");
    for (const { start, end } of isImage ? ranges.slice(0, MAX_RANGES) : []) {
      this.output.printLine(`    bytes ${start} to ${end - 1}`);
    }
    const more = isImage ? ranges.length - MAX_RANGES : 0;
    if (more > 0) this.output.printLine(`    and ${countOf(more, "stretch", "stretches")} more`);
    for (const entry of entries) this.output.printLine(`    ${describeLost(entry)}`);
    if (unnamed !== undefined) this.output.printLine(`    ${unnamed}`);
  }
}

function nameOf({ namespace, snapshot }: SnapshotOutcome): string {
  return `${namespace === "" ? "" : `${namespace}:`}${formatSnapshotPath(snapshot)}`;
}

function partsOf({ chunksRepaired, filesRepaired }: SnapshotOutcome): string {
  const parts = [
    ...(chunksRepaired > 0 ? [countOf(chunksRepaired, "chunk")] : []),
    ...filesRepaired,
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function describeLost({ kind, path, count = 0 }: LostEntry): string {
  const name = quotePath(path);
  switch (kind) {
    case "file":
      return name;
    case "entries":
      return `${countOf(count, "entry")} of ${name} whose names are lost as well`;
    case "rest":
      return `what follows in ${name}`;
    case "metadata":
      return `the metadata of ${name}`;
    case "attributes":
      return `the attributes of ${name}`;
  }
}
