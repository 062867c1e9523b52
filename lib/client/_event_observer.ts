import {
  type ArchiveReport,
  type ArchiveStart,
  type BackupObserver,
  type LogLevel,
  newBackupProgress,
} from "../backup/mod.ts";
import type { BackupEvent } from "./backup_options.ts";

const PROGRESS_EVERY_MS = 1000;

/** Turns what a run tells its observer into events. */
export class EventObserver implements BackupObserver, Disposable {
  readonly progress = newBackupProgress();
  readonly #onEvent: (event: BackupEvent) => void;
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  constructor(onEvent: ((event: BackupEvent) => void) | undefined) {
    this.#onEvent = onEvent ?? (() => {});
    if (onEvent === undefined) return;
    this.#timer = setInterval(
      () => onEvent({ kind: "progress", progress: { ...this.progress } }),
      PROGRESS_EVERY_MS,
    );
  }

  log(level: LogLevel, text: string): void {
    this.#onEvent({ kind: "message", level, text });
  }

  archiveStarted({ serverName }: ArchiveStart): void {
    this.#onEvent({ kind: "archive-started", archive: serverName });
  }

  archiveFinished(report: ArchiveReport): void {
    this.#onEvent({ kind: "archive-finished", report });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
