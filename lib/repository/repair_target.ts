import type { NewChunk } from "./backup_target.ts";
import type { PlacedSnapshot } from "./placed_snapshot.ts";
import type { BackupGroup } from "./snapshot_path.ts";
import type { SnapshotSource } from "./snapshot_source.ts";

/** Snapshots to repair: a namespace and all below it, one group of it, or one snapshot of that group. */
export interface RepairRange {
  readonly namespace: string;
  readonly group?: BackupGroup | undefined;
  /** Seconds since the epoch; only with `group`. */
  readonly time?: number | undefined;
}

/** A snapshot that may be damaged. */
export interface RepairCandidate extends PlacedSnapshot {
  /** Whether its last verification failed; absent if only its manifest tells. */
  readonly hasFailed?: boolean;
}

/**
 * A repository whose damage is repaired: how good chunks and files are put in place of bad ones, and
 * what keeps others from removing them meanwhile.
 */
export interface RepairTarget extends AsyncDisposable {
  /** The snapshots of a range, also those that have lost their manifests. */
  list(range: RepairRange): Promise<RepairCandidate[]>;
  /**
   * Keeps garbage collection away until disposed; waits for one that is running.
   *
   * @throws {CancelledError} if the signal came first.
   */
  hold(signal: AbortSignal): Promise<Disposable>;
  /**
   * Opens a snapshot, damaged or not.
   *
   * @throws {LockedError} if it is being written or removed, {NotFoundError} if it is gone.
   */
  open(snapshot: PlacedSnapshot): Promise<SnapshotSource>;
  /**
   * Whether a chunk is missing, or was found bad, as far as that shows without reading it; absent where
   * only reading tells.
   */
  isSuspect?(digest: Uint8Array): boolean | Promise<boolean>;
  /** Marks a chunk as used now. @returns Whether it is there; absent where nobody can be asked. */
  touch?(digest: Uint8Array): boolean | Promise<boolean>;
  /**
   * Makes room for good chunks where bad ones are: a file that stays in place may be taken for a good
   * one. What a backup has replaced meanwhile stays.
   *
   * @param digests 32 bytes each.
   * @param isProven Whether good ones are at hand, so that also what looks sound is known to be bad.
   */
  setAside(
    snapshot: PlacedSnapshot,
    digests: readonly Uint8Array[],
    isProven: boolean,
  ): Promise<void>;
  /** Stores a chunk that was checked. It counts as stored when it was read back. */
  putChunk(snapshot: PlacedSnapshot, chunk: NewChunk): Promise<void>;
  /** Puts a file of a snapshot in place of a damaged one; absent where nobody can. */
  putFile?(snapshot: PlacedSnapshot, name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Records the outcome as a verification would.
   *
   * @param isWhole Whether everything of it was read back and is sound.
   */
  conclude(snapshot: PlacedSnapshot, isWhole: boolean): Promise<void>;
}
