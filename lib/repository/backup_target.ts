import type { ChunkList } from "./chunk_list.ts";
import type { BackupSnapshot } from "./snapshot_path.ts";

/** Kind of the index through which an archive is stored. */
export type IndexKind = "dynamic" | "fixed";

/** A chunk that is already part of the archive's stream, by where it starts. */
export interface ChunkPlacement {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Offset of the chunk's first byte in the archive's plain stream. */
  readonly offset: number;
}

/** A new chunk, ready to be stored as it is. */
export interface NewChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
  /** The finished DataBlob. May lie in native memory: not to be used after the call has settled. */
  readonly blob: Uint8Array;
}

/** Totals that an index writer is told on close, to compare with its own. */
export interface IndexSummary {
  readonly chunkCount: number;
  /** Length of the archive's plain stream in bytes. */
  readonly size: number;
  /** Index checksum, 32 bytes (spec: datastore-formats.md §2). */
  readonly checksum: Uint8Array;
}

/** Writes one index of a snapshot. Chunks first, then their places, then close. */
export interface IndexWriter {
  /**
   * Stores a chunk. Several calls may be pending at a time; they may settle in any order.
   *
   * @returns Whether the store had this chunk already; undefined where it does not say.
   */
  putChunk(chunk: NewChunk): Promise<{ duplicate: boolean | undefined }>;
  /**
   * Appends chunks, in stream order. Each must have been stored through this target before, or be
   * known from {@linkcode BackupTarget.previousIndex}.
   */
  append(chunks: readonly ChunkPlacement[]): Promise<void>;
  /** Closes the index. @throws if the summary differs from what was received. */
  close(summary: IndexSummary): Promise<void>;
}

/** Remarks of the storage about a snapshot that was written. */
export interface BackupSummary {
  readonly warnings: readonly string[];
}

/** The snapshot that a backup would build upon. */
export type BackupPreview = Pick<
  BackupTarget,
  "previousTime" | "previousManifest" | "previousIndex"
>;

/**
 * The destination of a running backup: one snapshot that becomes visible with `finish` and vanishes
 * with `abort` (or with the process). Local and remote forms behave alike (spec: protocol.md §5).
 */
export interface BackupTarget extends AsyncDisposable {
  /** The snapshot being written. */
  readonly snapshot: BackupSnapshot;
  /** Time of the latest finished snapshot of the group, seconds; undefined if there is none. */
  readonly previousTime: number | undefined;
  /**
   * Memory that chunks on their way to it may take in the run, bytes; what it holds itself is apart.
   */
  readonly chunkMemoryBytes: number;
  /** Whether it says of each chunk if it had it already. */
  readonly tellsDuplicates: boolean;
  /**
   * Resolves when the connection has ended, with the reason: a run that waits for a source that says
   * nothing need not wait any more. Absent where there is no connection that could break.
   */
  readonly lost?: Promise<Error>;
  /**
   * The manifest blob of the previous snapshot, or undefined if there is none, or none that may be
   * relied on (its last verification failed).
   */
  previousManifest(): Promise<Uint8Array | undefined>;
  /**
   * The raw index file of an archive of the previous snapshot; its chunks count as known from now on.
   *
   * @throws {NotFoundError} if the previous snapshot has no such archive.
   */
  previousIndex(archiveName: string): Promise<Uint8Array>;
  /**
   * Makes chunks known that an interrupted backup of the same group had sent to this repository, so
   * that they may be placed without being sent again. The repository looks for itself which it has; a
   * datastore directory does not mind who brought them.
   *
   * @param encrypted Whether they were encrypted.
   * @returns Digests of those that are known now, 32 bytes each, in the order of the list; none
   *   where the server cannot do this.
   */
  recallChunks?(chunks: ChunkList, encrypted: boolean): Promise<Uint8Array>;
  /** Stores a small file whole. `name` ends in `.blob`. */
  uploadBlob(name: string, blob: Uint8Array): Promise<void>;
  /** Starts an index. `size` in bytes is needed for a fixed index unless its length is unknown. */
  createIndex(kind: IndexKind, archiveName: string, size?: number): Promise<IndexWriter>;
  /** Makes the snapshot visible, durable as the store's sync level demands. */
  finish(): Promise<BackupSummary>;
  /** Drops the snapshot. Does nothing after `finish`. Disposal aborts. */
  abort(): Promise<void>;
}
