import type { CryptConfig } from "../crypto/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { BackupSnapshot, Repository } from "../repository/mod.ts";
import type { ReusePlanner, ReuseSink } from "../reuse/mod.ts";
import type { LeaveOut } from "./leave_out.ts";
import type { PlannedArchive, PlanRequest } from "./plan.ts";
import type { SentChunks } from "./sent_chunks.ts";

/** Kind of an archive's source (spec: cli.md §4.1.1). */
export type ArchiveKind = "pxar" | "img" | "conf" | "log";

/** A command whose output is backed up. */
export interface SourceCommand {
  /** The program and its arguments; there is no shell. */
  readonly words: readonly [string, ...string[]];
  /** Name of the file that its output becomes in a file archive, one component of a path. */
  readonly fileName: string;
}

/** One `name.kind:path` of a backup. */
export interface ArchiveSpec {
  /** Archive name with its extension, without the server's suffix: `root.pxar`. */
  readonly name: string;
  readonly kind: ArchiveKind;
  /** Path of the source, raw bytes. */
  readonly path: Uint8Array;
  /** Path that is read instead, raw bytes: of a picture of the source. Messages name `path`. */
  readonly readPath?: Uint8Array;
  /** Takes the place of the path. A run that is tried again starts it again. */
  readonly command?: SourceCommand;
}

/** How a run finds out which files have changed (spec: client-pipeline.md §3.1). */
export type ChangeDetectionMode = "legacy" | "data" | "metadata";

/** The key of a backup and what it is used for (spec: datastore-formats.md §4.7). */
export interface BackupCrypt {
  readonly config: CryptConfig;
  /** Both sign the manifest; only `encrypt` encrypts. */
  readonly mode: "encrypt" | "sign-only";
  /** The key as {@linkcode encryptKeyForMaster} encrypted it for its owner; stored beside the archives. */
  readonly encryptedKey?: Uint8Array;
  /** Fingerprint of that master key, by which a later run sees whether it is still the same. */
  readonly masterKeyFingerprint?: Uint8Array;
}

/** Pictures of sources, as far as a run has to know of them. */
export interface SourcePictures {
  /** Just before the first was taken, milliseconds since the epoch. What changed later is not in them. */
  readonly takenAtMs: number;
  /** Asked before a snapshot becomes visible. @throws if what was read may not have been the picture. */
  check(): Promise<void>;
}

/** Everything a backup run needs to know. */
export interface BackupRequest {
  /** Only the previous snapshot is opened; without a list of them every run makes one. */
  readonly repository:
    & Pick<Repository, "beginBackup" | "openSnapshot">
    & Partial<Pick<Repository, "listSnapshots" | "previewBackup">>;
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
  readonly archives: readonly ArchiveSpec[];
  /** Exclude patterns as given, in order. */
  readonly excludes: readonly string[];
  /** Rules for what else is left out; none if absent. */
  readonly leaveOut?: LeaveOut;
  readonly skipLostAndFound: boolean;
  readonly allFileSystems: boolean;
  /** Paths whose file systems are entered too; raw bytes. */
  readonly includeDevices: readonly Uint8Array[];
  /** Pictures of the sources that are read in their place; the live sources if absent. */
  readonly pictures?: SourcePictures;
  readonly entriesMax: number;
  /** Average size of the chunks of file archives, bytes. */
  readonly chunkSizeBytes: number;
  readonly dryRun: boolean;
  /** Wishes about what a dry run tells of the sources; it does not look at them if absent. */
  readonly plan?: PlanRequest;
  /** Makes no snapshot if the last one of the group has the same archives. */
  readonly skipIfUnchanged?: boolean;
  readonly noCache: boolean;
  readonly skipE2bigXattr: boolean;
  readonly changeDetectionMode: ChangeDetectionMode;
  /**
   * Reads unchanged files again in turn in mode `metadata`, each at least once within so many runs
   * and one; never if absent.
   */
  readonly rereadEvery?: number;
  /** By what rules it is chosen what to take over in mode `metadata`; ours if absent. */
  readonly makePlanner?: <T>(index: ChunkIndex, sink: ReuseSink<T>) => ReusePlanner<T>;
  /** Key and what it is used for; absent for an unencrypted, unsigned snapshot. */
  readonly crypt?: BackupCrypt;
  readonly signal: AbortSignal;
  /** Called once the repository has begun the snapshot. */
  readonly onBegun?: () => void;
  /** Chunks that earlier attempts have sent; filled with those of this one. */
  readonly sent?: SentChunks;
}

/** Counters of a running backup, updated in place for a display to look at. */
export interface BackupProgress {
  /** Server name of the archive being written, empty before the first. */
  archive: string;
  /** Regular files so far. */
  files: number;
  /** Directories so far. */
  directories: number;
  /** Bytes of the archive streams so far. */
  bytesRead: number;
  /** Plain bytes of chunks that had to be stored. */
  bytesNew: number;
  /** Plain bytes of chunks that were known. */
  bytesReused: number;
  /** Encoded bytes that were stored. */
  bytesStored: number;
  /** Plain bytes acknowledged by the repository. */
  bytesUploaded: number;
  /** Chunks of the archive streams so far. */
  chunks: number;
  /** Value of `bytesRead` at the end of the previous snapshot; undefined if that is not known. */
  bytesExpected: number | undefined;
  /** Path of what is being read, relative to its source; undefined between directories. */
  path: (() => Uint8Array) | undefined;
  /** Start of the run, milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** Severity of a message for people. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Listener for what happens in a run. */
export interface BackupObserver {
  /** A line for people; the run goes on. */
  log(level: LogLevel, message: string): void;
  /** Written to by the run. */
  readonly progress: BackupProgress;
  /** Time of the snapshot whose manifest is about to be used, seconds; undefined if there is none. */
  previousManifest?(time: number | undefined): void;
  /** The previous snapshot of the group is encrypted or signed, this one has no key. */
  groupIsEncrypted?(): void;
  /** An archive is begun, or in a dry run would be. */
  archiveStarted?(archive: ArchiveStart): void;
  /** The key, encrypted for the owner of the master key, is about to be stored. */
  encryptedKeyStarted?(serverName: string): void;
  /** An archive whose unchanged files were looked for is encoded. */
  changesDetected?(statistics: ReuseStatistics): void;
  /** An archive is complete in the repository; the catalog too. */
  archiveFinished?(report: ArchiveReport): void;
}

/** An archive that is begun. */
export interface ArchiveStart {
  readonly kind: ArchiveKind;
  readonly path: Uint8Array;
  /** The program whose output it is; absent for paths. */
  readonly program?: string;
  /** Name in the repository; of a split archive, that of its metadata half. */
  readonly serverName: string;
}

/** Counters of change detection, for the summary (spec: client-pipeline.md §3.13). */
export interface ReuseStatistics {
  reusedFiles: number;
  /** Bytes including payload headers, like all of these. */
  reusedBytes: number;
  encodedFiles: number;
  encodedBytes: number;
  /** First names of files that have several. */
  hardlinks: number;
  injectedBytes: number;
  /** Injected chunks of which something is not referred to. */
  partialChunks: number;
}

/** Counters of one archive of a finished run. */
export interface ArchiveReport {
  /** Server name: `root.pxar.didx`. */
  readonly name: string;
  /** Bytes of the archive stream. */
  readonly sizeBytes: number;
  /** Plain bytes of chunks that were not known. */
  readonly newBytes: number;
  /** Plain bytes of chunks that were known. */
  readonly reusedBytes: number;
  /** Encoded bytes of the new chunks (or of the blob): what was sent, where there is a server. */
  readonly storedBytes: number;
  /**
   * Those of them that the datastore did not have yet, from whatever group; undefined where the
   * repository does not say.
   */
  readonly addedBytes: number | undefined;
  /** Chunks of the archive, repeated ones counted again. */
  readonly chunkCount: number;
  /** Chunks of it that were known. */
  readonly knownChunkCount: number;
  /** Of these, bytes of chunks that were taken over for files that have not changed. */
  readonly injectedBytes: number;
  /** The number of such chunks. */
  readonly injectedChunkCount: number;
  /** How long the archive took, seconds. */
  readonly seconds: number;
}

/** Result of a finished run. */
export interface BackupReport {
  /**
   * The snapshot as it was stored; its time may be later than asked for. Where nothing had changed, the
   * last one.
   */
  readonly snapshot: BackupSnapshot;
  /** Whether no snapshot was made because nothing had changed; there are no archives then. */
  readonly isUnchanged?: boolean;
  /** How long the run took, milliseconds. */
  readonly durationMs: number;
  /** One report an archive, in their order; the catalog last. */
  readonly archives: readonly ArchiveReport[];
  /** Archives that a dry run would have made, where it looked at the sources. */
  readonly planned?: readonly PlannedArchive[];
  /** Regular files. */
  readonly files: number;
  /** Directories. */
  readonly directories: number;
  /** Lines about what was left out or looked odd. */
  readonly warnings: number;
}

/** Sets the counters of a run back for its next attempt; what was uploaded stays counted. */
export function restartProgress(progress: BackupProgress): void {
  const { bytesUploaded: _uploaded, startedAtMs: _started, ...counters } = newBackupProgress();
  Object.assign(progress, counters);
}

/** Counters at zero. */
export function newBackupProgress(): BackupProgress {
  return {
    archive: "",
    files: 0,
    directories: 0,
    bytesRead: 0,
    bytesNew: 0,
    bytesReused: 0,
    bytesStored: 0,
    bytesUploaded: 0,
    chunks: 0,
    bytesExpected: undefined,
    path: undefined,
    startedAtMs: Date.now(),
  };
}
