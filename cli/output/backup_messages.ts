import { quotePath } from "../../lib/bytes/mod.ts";
import type {
  ArchiveReport,
  ArchiveStart,
  BackupObserver,
  BackupProgress,
  BackupReport,
  ReuseStatistics,
} from "../../lib/backup/mod.ts";
import { CATALOG_NAME, formatSnapshotPath } from "../../lib/repository/mod.ts";
import { countOf } from "./count_of.ts";
import { hintOnKey } from "../hints/hint_on_key.ts";
import { coarseSize } from "./coarse_size.ts";
import { displayWidth } from "./display_width.ts";
import { withoutServerExtension } from "./display_file_names.ts";
import { formatDate } from "./format_date.ts";
import { formatDuration } from "./format_duration.ts";
import { formatSize } from "./format_size.ts";
import { liveText } from "./live_text.ts";
import type { LogLevel } from "./log_level.ts";
import type { Output } from "./output.ts";
import type { ServiceStatus } from "./service_status.ts";

const PERIODIC_LINE_MS = 60_000;
const LIVE_LINE_MS = 200;
/** How often a service manager hears of the progress. */
const STATUS_MS = 2000;
/** A shorter end of a path tells nothing. */
const MIN_PATH_COLUMNS = 12;
/** Before that an estimate of the time left is a guess. */
const MIN_ESTIMATE_SECONDS = 2;
const REUSE_WORTH_TELLING_BYTES = 1024 * 1024;

const KIND_NAMES = {
  pxar: "directory",
  img: "image",
  conf: "config file",
  log: "log file",
} as const;

/** The log lines and the live line of a backup run (spec: cli.md §4.1.2, §4.1.5). */
export class BackupMessages implements BackupObserver, Disposable {
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #archiveStartMs = Date.now();
  #archiveStartBytes = 0;
  #archiveStartUploaded = 0;

  constructor(
    private readonly output: Output,
    readonly progress: BackupProgress,
    private readonly repositoryName: string,
    private readonly dryRun: boolean,
    private readonly status?: ServiceStatus,
  ) {
    this.#timers.push(setInterval(() => this.#periodicLine(), PERIODIC_LINE_MS));
    if (status?.isHeard) {
      status.show("Starting");
      this.#timers.push(setInterval(() => status.show(this.#progressText()), STATUS_MS));
    }
    if (output.hasLiveLine) {
      this.#timers.push(setInterval(() => this.#liveLine(), LIVE_LINE_MS));
    }
  }

  log(level: LogLevel, message: string): void {
    this.output.log(level, message);
  }

  previousManifest(time: number | undefined): void {
    this.#info(
      time === undefined
        ? "No previous manifest available."
        : `Downloading previous manifest (${formatDate(time)})`,
    );
  }

  groupIsEncrypted(): void {
    this.output.log("info", `Hint: ${hintOnKey["group-is-encrypted"]()}`);
  }

  archiveStarted({ kind, path, program, serverName }: ArchiveStart): void {
    this.#archiveStartMs = Date.now();
    this.#archiveStartBytes = this.progress.bytesRead;
    this.#archiveStartUploaded = this.progress.bytesUploaded;
    // Arguments of a command may be secret.
    const source = program === undefined
      ? `${KIND_NAMES[kind]} '${new TextDecoder().decode(path)}'`
      : `output of command '${program}'`;
    const verb = this.dryRun ? "Would upload" : "Upload";
    this.#info(`${verb} ${source} to '${this.repositoryName}' as ${serverName}`);
    if (this.output.hasLiveLine) this.#liveLine();
  }

  encryptedKeyStarted(serverName: string): void {
    this.#info(`Upload RSA encoded key to '${this.repositoryName}' as ${serverName}`);
  }

  archiveFinished(report: ArchiveReport): void {
    if (report.name === CATALOG_NAME) {
      this.#info(`Uploaded backup catalog (${formatSize(report.sizeBytes)})`);
      return;
    }
    if (report.name.endsWith(".blob")) return;
    const name = this.output.isDebug ? report.name : withoutServerExtension(report.name);
    const { sizeBytes, newBytes, reusedBytes, storedBytes, seconds } = report;
    if (report.injectedChunkCount > 0) {
      this.#info(
        `${name}: reused ${formatSize(report.injectedBytes)} from previous snapshot for ` +
          `unchanged files (${report.injectedChunkCount} chunks)`,
      );
    }
    const speed = seconds > 0 ? formatSize(Math.floor(newBytes / seconds)) : "0 B";
    this.#info(
      `${name}: had to backup ${formatSize(newBytes)} of ${formatSize(sizeBytes)} (compressed ${
        formatSize(storedBytes)
      }) in ${seconds.toFixed(2)} s (average ${speed}/s)`,
    );
    if (reusedBytes > 0 && sizeBytes > REUSE_WORTH_TELLING_BYTES) {
      const percent = (reusedBytes * 100 / sizeBytes).toFixed(1);
      this.#info(
        `${name}: backup was done incrementally, reused ${formatSize(reusedBytes)} (${percent}%)`,
      );
    }
  }

  changesDetected(found: ReuseStatistics): void {
    const { reusedFiles, encodedFiles, hardlinks, injectedBytes, reusedBytes } = found;
    this.#info("Change detection summary:");
    const total = reusedFiles + encodedFiles + hardlinks;
    this.#info(` - ${total} total files (${hardlinks} hardlinks)`);
    const unchanged = formatSize(reusedBytes);
    this.#info(` - ${reusedFiles} unchanged, reusable files with ${unchanged} data`);
    const changed = formatSize(found.encodedBytes);
    this.#info(` - ${encodedFiles} changed or non-reusable files with ${changed} data`);
    const padding = formatSize(injectedBytes - reusedBytes);
    this.#info(` - ${padding} padding in ${found.partialChunks} partially reused chunks`);
  }

  /** The last lines of a run that succeeded. */
  finish(report: BackupReport): void {
    this[Symbol.dispose]();
    if (this.dryRun) return;
    if (report.isUnchanged) this.#finishUnchanged(report);
    else this.#summarise(report);
    this.#info(`Duration: ${(report.durationMs / 1000).toFixed(2)}s`);
    this.#info(`End Time: ${formatDate(Date.now() / 1000)}`);
  }

  #finishUnchanged({ snapshot }: BackupReport): void {
    const path = formatSnapshotPath(snapshot);
    this.#info(`Unchanged since ${path}: no snapshot was made`);
    this.status?.show(`Unchanged since ${path}`);
  }

  #summarise(report: BackupReport): void {
    const counted = [countOf(report.archives.length, "archive")];
    if (report.directories > 0) {
      counted.push(countOf(report.files, "file"), countOf(report.directories, "directory"));
    }
    if (report.warnings > 0) counted.push(countOf(report.warnings, "warning"));
    const newBytes = sum(report.archives, (archive) => archive.newBytes);
    this.#info(
      `Summary: ${counted.join(", ")}, ${formatSize(newBytes)} new, ${storedText(report)}`,
    );
    this.status?.show(`Done: ${counted.join(", ")}, ${formatSize(newBytes)} new`);
  }

  /** Stops the periodic lines and removes the live one. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.output.clearLiveLine();
  }

  #info(line: string): void {
    this.output.log("info", line);
  }

  #periodicLine(): void {
    const { bytesRead, bytesUploaded } = this.progress;
    const seconds = Math.round((Date.now() - this.#archiveStartMs) / 1000);
    this.#info(
      `processed ${formatSize(bytesRead - this.#archiveStartBytes)} in ${
        formatDuration(seconds)
      }, uploaded ${formatSize(bytesUploaded - this.#archiveStartUploaded)}`,
    );
  }

  #liveLine(): void {
    const { path } = this.progress;
    const line = this.#progressText();
    const room = this.output.liveColumns - displayWidth(line) - 2;
    const shown = path === undefined || room < MIN_PATH_COLUMNS ? "" : endOfPath(path(), room);
    this.output.setLiveLine(liveText(shown === "" ? line : `${line}  ${shown}`));
  }

  /** How far the run is, in one line. */
  #progressText(): string {
    const { archive, files, bytesRead, bytesNew, bytesReused, startedAtMs } = this.progress;
    const seconds = (Date.now() - startedAtMs) / 1000;
    const name = archive === "" ? "" : `${withoutServerExtension(archive)}: `;
    const rate = coarseSize(Math.round(bytesRead / Math.max(seconds, 0.001)));
    return `${name}${this.#share(seconds)}${coarseSize(bytesRead)}, ${
      countOf(files, "file")
    }, ${rate}/s, new ${coarseSize(bytesNew)}, reused ${coarseSize(bytesReused)}, ${
      formatDuration(Math.floor(seconds))
    }`;
  }

  /** The share that is done and the time that is left, as far as the last run tells. */
  #share(seconds: number): string {
    const { bytesRead, bytesExpected } = this.progress;
    if (bytesExpected === undefined || bytesExpected === 0 || bytesRead > bytesExpected) return "";
    const percent = `${Math.floor(bytesRead * 100 / bytesExpected)}%, `;
    if (seconds < MIN_ESTIMATE_SECONDS || bytesRead === 0) return percent;
    const left = Math.ceil(seconds * (bytesExpected - bytesRead) / bytesRead);
    return `${percent}${formatDuration(left)} left, `;
  }
}

/** The end of a path, which tells more of it than its front. */
function endOfPath(path: Uint8Array, columns: number): string {
  const text = quotePath(path).slice(1, -1);
  if (displayWidth(text) <= columns) return text;
  const characters = [...text];
  while (displayWidth(characters.join("")) > columns - 1) characters.shift();
  return `…${characters.join("")}`;
}

/** Growth of the store; through a server, which does not tell it, the bytes that were sent. */
function storedText({ archives }: BackupReport): string {
  const isKnown = archives.every(({ addedBytes }) => addedBytes !== undefined);
  const bytes = sum(archives, ({ addedBytes, storedBytes }) => addedBytes ?? storedBytes);
  return `${formatSize(bytes)} ${isKnown ? "stored" : "sent"}`;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
