import type { CryptConfig } from "../crypto/mod.ts";
import type { MatchList } from "../fs/mod.ts";
import type { ReadingObserver } from "../reading/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";

/** Everything a restore run needs to know (spec: cli.md §4.2). */
export interface RestoreRequest {
  /** Owned by the caller. */
  readonly source: SnapshotSource;
  /** As the user wrote it: with or without the server's suffix. */
  readonly archiveName: string;
  /** Raw bytes of a path, or `-` for the standard output. */
  readonly target: Uint8Array | "-";
  /**
   * Form in which a file archive, or what patterns select of it, goes to the standard output: one
   * archive, also of a split one, or a tar file. If absent it goes as it is stored, and a split one or
   * a part of one is refused.
   */
  readonly format?: "pxar" | "tar";
  /** Match patterns as given, in order; empty for everything. */
  readonly patterns: readonly string[];
  /** Match entries that follow the patterns, for what is selected other than by text. */
  readonly selection?: MatchList;
  readonly allowExistingDirs: boolean;
  readonly overwriteFiles: boolean;
  readonly overwriteSymlinks: boolean;
  readonly overwriteHardlinks: boolean;
  /** Directories, devices, named pipes and sockets replace what is in their place; no directory. */
  readonly overwriteOthers: boolean;
  readonly ignoreAcls: boolean;
  readonly ignoreFcaps: boolean;
  /** Attribute flags and quota project ids. */
  readonly ignoreFlags: boolean;
  readonly ignoreXattrs: boolean;
  readonly ignoreOwnership: boolean;
  readonly ignorePermissions: boolean;
  readonly ignoreExtractDeviceErrors: boolean;
  /** File to write the prelude of a split archive to, as raw bytes. */
  readonly preludeTarget?: Uint8Array;
  /** Makes the target equal to the archive instead of filling it; for trees. */
  readonly inPlace?: InPlaceRequest;
  /** Absent if there is no key. */
  readonly crypt?: CryptConfig;
  readonly signal: AbortSignal;
}

/** How a target is made equal to an archive. */
export interface InPlaceRequest {
  /** Remove what the archive does not have. */
  readonly deleteExtras: boolean;
  /** Only tell what would change. */
  readonly dryRun: boolean;
  /** Compare the contents of files that have the archive's size and time as well. */
  readonly verifyContents: boolean;
}

/** Change that an in-place restore makes, or would make, to one entry. */
export interface TreeChange {
  /** `mend`: other metadata, the same content. */
  readonly action: "make" | "replace" | "mend" | "remove";
  /** Path below the target with a leading slash, raw bytes. */
  readonly path: Uint8Array;
  /** Differences, for people; empty where the entry is new or goes. */
  readonly parts: readonly string[];
}

/** Entries of a target, by what an in-place restore did, or would do, to them. */
export interface InPlaceCounts {
  /** Untouched. */
  readonly kept: number;
  /** Replaced, or given other metadata. */
  readonly changed: number;
  /** New. */
  readonly made: number;
  /** Gone. */
  readonly removed: number;
}

/** Counters of a running restore, updated in place for a display to look at. */
export interface RestoreProgress {
  /** Bytes of the archive streams so far. */
  bytesDone: number;
  /** Bytes of the archive streams in all; 0 while unknown. */
  bytesTotal: number;
  files: number;
  readonly startedAtMs: number;
}

/** An entry, or several, that cannot be restored as they were because something is damaged or missing. */
export interface LostEntry {
  /**
   * `file`: a file, or whatever has that name; `entries`: entries of a directory whose names are lost;
   * `rest`: what follows in a directory, however much that is; `metadata`: all of a directory but its
   * entries; `attributes`: what an entry has beside its content.
   */
  readonly kind: "file" | "entries" | "rest" | "metadata" | "attributes";
  /** Path of the entry or of the directory, with a leading slash, raw bytes. */
  readonly path: Uint8Array;
  /** Number of the entries whose names are lost. */
  readonly count?: number;
}

/** Listener for what happens in a run. */
export interface RestoreObserver extends ReadingObserver {
  /** Written to by the run. */
  readonly progress: RestoreProgress;
  /** Hears of everything that is lost, beside the line that names it. */
  lost?(entry: LostEntry): void;
  /** One change of an in-place restore, in the order they are made. */
  treeChange?(change: TreeChange): void;
  /** Hears of a tree that was made, complete or not; once, unless the run was interrupted. */
  treeMade?(made: RestoredTree): void;
}

/** Counters of a tree that was made. */
export interface RestoredTree {
  /** Regular files that are complete. */
  readonly files: number;
  /** Directories made or reused, without the target itself. */
  readonly directories: number;
  /** Symbolic links. */
  readonly symlinks: number;
  /** Further names of files. */
  readonly hardlinks: number;
  /** Devices, named pipes and sockets. */
  readonly nodes: number;
  /** Bytes of the files, holes included. */
  readonly fileBytes: number;
  /** Counts of all entries of a target, after a restore in place. */
  readonly inPlace?: InPlaceCounts & { readonly isDryRun: boolean };
  /** Entries, or steps of their metadata, that could not be restored. */
  readonly errors: number;
}

/** Result of a finished run. */
export interface RestoreReport {
  /** Counters of a tree; absent for everything else. */
  readonly tree?: RestoredTree;
  /** Kind of what was restored: a tree, an image, or a small file. */
  readonly kind: "tree" | "image" | "blob" | "stream";
  /** Regular files. */
  readonly files: number;
  /** Bytes of the archive streams that were read. */
  readonly bytes: number;
  /** How long the run took, milliseconds. */
  readonly durationMs: number;
  /** Lines about what could not be restored as it was. */
  readonly warnings: number;
}

/** Counters at zero. */
export function newRestoreProgress(): RestoreProgress {
  return { bytesDone: 0, bytesTotal: 0, files: 0, startedAtMs: Date.now() };
}
