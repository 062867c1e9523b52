import type {
  ArchiveReport,
  ArchiveStart,
  BackupObserver,
  BackupProgress,
  LogLevel,
  ReuseStatistics,
} from "./backup_request.ts";

/** Passes everything on, and counts the warnings, so that a logged one need not be told again. */
export class CountingObserver implements BackupObserver {
  #warnings = 0;

  constructor(private readonly inner: BackupObserver) {}

  /** Lines so far that say that something is missing, changed or ignored. */
  get warnings(): number {
    return this.#warnings;
  }

  get progress(): BackupProgress {
    return this.inner.progress;
  }

  log(level: LogLevel, message: string): void {
    if (level === "warn" || level === "error") this.#warnings++;
    this.inner.log(level, message);
  }

  previousManifest(time: number | undefined): void {
    this.inner.previousManifest?.(time);
  }

  archiveStarted(archive: ArchiveStart): void {
    this.inner.archiveStarted?.(archive);
  }

  groupIsEncrypted(): void {
    this.inner.groupIsEncrypted?.();
  }

  encryptedKeyStarted(serverName: string): void {
    this.inner.encryptedKeyStarted?.(serverName);
  }

  changesDetected(statistics: ReuseStatistics): void {
    this.inner.changesDetected?.(statistics);
  }

  archiveFinished(report: ArchiveReport): void {
    this.inner.archiveFinished?.(report);
  }
}
