import type { ArchiveSpec } from "../backup/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import type { HelpingRepository } from "../elsewhere/mod.ts";
import type { LostEntry, LostRange } from "../restore/mod.ts";
import type { PlacedSnapshot, RepairRange, Repository } from "../repository/mod.ts";

/** Everything a repair needs to know. */
export interface RepairRequest {
  readonly repository: Repository;
  readonly range: RepairRange;
  /** Other repositories that good chunks and files may be taken from, in the order of preference. */
  readonly others: readonly HelpingRepository[];
  /** Sources that archives of the range were made of. */
  readonly sources: readonly ArchiveSpec[];
  /** Exclude patterns of the sources, as the backups had them. */
  readonly excludes: readonly string[];
  /** Average size of the chunks of file archives that are made of the sources, bytes. */
  readonly chunkSizeBytes: number;
  /** Absent if there is no key: of encrypted chunks only the CRC is checked then. */
  readonly crypt?: CryptConfig | undefined;
  /**
   * Whether to read only chunks of snapshots that are known to be damaged: whose last verification
   * failed, or that name chunks which are missing or recorded as bad.
   */
  readonly onlyRecorded: boolean;
  /** Whether only to tell what would be repaired. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** How far a repair has come. */
export interface RepairProgress {
  /** Path of the snapshot at hand. */
  snapshot: string;
  snapshotsDone: number;
  snapshotsTotal: number;
  /** Plain bytes of the chunks that were read. */
  bytesRead: number;
}

/** Listener for what happens in a repair. */
export interface RepairObserver {
  /** A line for people; the repair goes on. */
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  /** Written to by the run. */
  readonly progress: RepairProgress;
  /** Hears once of every snapshot, when it is known what became of it. */
  snapshotDone(outcome: SnapshotOutcome): void;
}

/** A file of a snapshot that is lost, or of which a part is. */
export interface LostFile {
  /** Its name on the server's side. */
  readonly filename: string;
  /** `whole`: it is missing or damaged itself; `part`: chunks of it are. */
  readonly extent: "whole" | "part";
  /** Why, in words. */
  readonly reason: string;
  /** Digests that are missing or damaged; empty for a whole file. */
  readonly chunks: number;
  /** Stretches of its stream that cannot be had, merged and ascending; empty for a whole file. */
  readonly ranges: readonly LostRange[];
  /** Entries of a file archive that cannot be restored, as a restore would name them. */
  readonly entries: readonly LostEntry[];
  /** Why entries cannot be named; absent if all are. */
  readonly unnamed?: string;
}

/** Outcome of the repair of a snapshot. */
export interface SnapshotOutcome extends PlacedSnapshot {
  /**
   * `whole`: there was nothing to repair; `repaired`: it is whole again; `damaged`: something is lost;
   * `unfinished`: it has no manifest, and no copy of it was found; `skipped`: somebody else uses it.
   */
  readonly state: "whole" | "repaired" | "damaged" | "unfinished" | "skipped";
  /** Chunks that were put in place for this snapshot; those for one before it count there. */
  readonly chunksRepaired: number;
  /** Names of the files that were put in place. */
  readonly filesRepaired: readonly string[];
  readonly lost: readonly LostFile[];
  /** Why it was skipped, or what else there is to say. */
  readonly note?: string;
}

/** Result of a repair. */
export interface RepairReport {
  /** Snapshots by what became of them. */
  readonly snapshots: Readonly<Record<SnapshotOutcome["state"], number>>;
  /** Chunks that were put in place, or would be. */
  readonly chunksRepaired: number;
  /** Those of them that are encrypted and of which only the CRC was checked. */
  readonly chunksUnproven: number;
  /** Distinct chunks that are still missing or damaged. */
  readonly chunksLost: number;
  /** Bytes of the chunks that were put in place, encoded. */
  readonly bytesRepaired: number;
  readonly durationMs: number;
}
