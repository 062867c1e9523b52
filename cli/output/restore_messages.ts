import type { CryptConfig } from "../../lib/crypto/mod.ts";
import type {
  RestoredTree,
  RestoreObserver,
  RestoreProgress,
  RestoreReport,
  TreeChange,
} from "../../lib/restore/mod.ts";
import { quotePath } from "../../lib/bytes/mod.ts";
import { describeKeySource, type KeySource } from "../keys/key_source.ts";
import { countOf } from "./count_of.ts";
import { formatDuration } from "./format_duration.ts";
import { formatSize } from "./format_size.ts";
import { liveText } from "./live_text.ts";
import type { LogLevel } from "./log_level.ts";
import type { Output } from "./output.ts";

/** Seconds between progress lines; the last one repeats (spec: cli.md §4.2). */
const INTERVALS_S = [5, 10, 20, 40, 60];
const LIVE_LINE_MS = 200;
const CHECK_MS = 500;

/** The log lines and the live line of a restore run. */
export class RestoreMessages implements RestoreObserver, Disposable {
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #lines = 0;
  #lastMs = Date.now();
  #lastBytes = 0;
  #made: RestoredTree | undefined;
  #warnings = 0;

  constructor(
    private readonly output: Output,
    readonly progress: RestoreProgress,
    private readonly keySource?: KeySource,
    private readonly isDryRun = false,
  ) {
    this.#timers.push(
      output.hasLiveLine
        ? setInterval(() => output.setLiveLine(liveText(this.#line(Date.now()))), LIVE_LINE_MS)
        : setInterval(() => this.#periodicLine(), CHECK_MS),
    );
  }

  log(level: LogLevel, message: string): void {
    if (level === "warn") this.#warnings++;
    this.output.log(level, message);
  }

  signatureVerified({ keyId }: CryptConfig): void {
    if (this.keySource !== undefined) {
      this.output.log("info", describeKeySource(this.keySource, "encryption"));
    }
    this.output.log("info", `Fingerprint: ${keyId}`);
  }

  /** The result of a dry run; otherwise a line for the curious. */
  treeChange({ action, path, parts }: TreeChange): void {
    const line = `${action} ${quotePath(path)}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`;
    if (this.isDryRun) this.output.printLine(line);
    else this.output.log("debug", line);
  }

  treeMade(made: RestoredTree): void {
    this.#made = made;
  }

  /** Tells what a run that failed has made nevertheless. */
  fail(): void {
    this[Symbol.dispose]();
    this.#summary();
  }

  /** The last lines of a run that succeeded; small files have none. */
  finish(report: RestoreReport): void {
    this[Symbol.dispose]();
    if (report.kind === "blob" || report.kind === "stream") return;
    if (this.isDryRun) return this.#summary();
    const seconds = report.durationMs / 1000;
    const speed = formatSize(Math.floor(report.bytes / Math.max(seconds, 0.001)));
    this.output.log(
      "info",
      `restore complete (${formatSize(report.bytes)} processed in ${
        formatDuration(seconds)
      }, average ${speed}/s)`,
    );
    this.#summary();
  }

  /** The line that says what was made of a tree; the official client has none. */
  #summary(): void {
    if (this.#made === undefined) return;
    const { files, directories, symlinks, hardlinks, nodes, fileBytes, errors, inPlace } =
      this.#made;
    const problems = [
      ...someOf(this.#warnings, "warning"),
      ...someOf(errors, "error"),
    ];
    if (inPlace !== undefined) {
      const { kept, changed, made, removed, isDryRun } = inPlace;
      const counts = [`${kept} kept`, `${changed} changed`, `${made} made`, `${removed} removed`];
      const written = isDryRun ? [] : [`${formatSize(fileBytes)} restored`];
      const title = isDryRun ? "Summary (dry run)" : "Summary";
      this.output.log("info", `${title}: ${[...counts, ...written, ...problems].join(", ")}`);
      return;
    }
    const counted = [
      countOf(files, "file"),
      countOf(directories, "directory"),
      ...someOf(symlinks, "symbolic link"),
      ...someOf(hardlinks, "hard link"),
      ...someOf(nodes, "device, pipe or socket", "devices, pipes and sockets"),
      `${formatSize(fileBytes)} restored`,
      ...problems,
    ];
    this.output.log("info", `Summary: ${counted.join(", ")}`);
  }

  /** Stops the periodic lines and removes the live one. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.output.clearLiveLine();
  }

  #periodicLine(): void {
    const nowMs = Date.now();
    const interval = INTERVALS_S[Math.min(this.#lines, INTERVALS_S.length - 1)]!;
    const { bytesDone } = this.progress;
    if (nowMs - this.#lastMs < interval * 1000 || bytesDone === this.#lastBytes) return;
    this.output.log("info", this.#line(nowMs));
    this.#lines++;
    this.#lastMs = nowMs;
    this.#lastBytes = bytesDone;
  }

  /** Progress now; the speed is that since the last line. */
  #line(nowMs: number): string {
    const { bytesDone, bytesTotal, startedAtMs } = this.progress;
    const speed = (bytesDone - this.#lastBytes) / Math.max((nowMs - this.#lastMs) / 1000, 0.001);
    const rest = `${formatDuration(Math.round((nowMs - startedAtMs) / 1000))}, ${
      formatSize(Math.round(speed))
    }/s`;
    if (bytesTotal === 0) return `processed ${formatSize(bytesDone)} in ${rest}`;
    const percent = Math.floor(bytesDone * 100 / bytesTotal);
    return `progress ${percent}% (${formatSize(bytesDone)} of ${
      formatSize(bytesTotal)
    } in ${rest})`;
  }
}

/** The count as a list: empty if there are none. */
function someOf(number: number, noun: string, plural?: string): string[] {
  return number === 0 ? [] : [countOf(number, noun, plural)];
}
