import type { PlacedSnapshot } from "../repository/mod.ts";
import type { Recoding } from "./recoding.ts";

/** Counters of a transfer, which grow while it runs. */
export interface CopyProgress {
  /** Plain bytes of the archives that are in the target by now, moved or reused. */
  bytesDone: number;
  /** Bytes that were moved, as they are stored. */
  bytesMoved: number;
  /** Chunks that were moved. */
  chunksMoved: number;
  /** Places of chunks that the target had already. */
  chunksReused: number;
  /** Plain bytes of those. */
  bytesReused: number;
}

/** Who hears of a transfer. */
export interface CopyObserver {
  /** Counters over all snapshots; may be read at any time. */
  readonly progress: CopyProgress;
  /** A line for people; the transfer goes on. */
  log(level: "debug" | "info" | "warn" | "error", line: string): void;
}

/** How to copy a snapshot. */
export interface CopySnapshotOptions {
  readonly from: PlacedSnapshot;
  /** Its namespace exists. The snapshot has the same type, id and time as the one it is made from. */
  readonly to: PlacedSnapshot;
  readonly observer: CopyObserver;
  /** How its protection changes; it stays as it is if absent. */
  readonly recoding?: Recoding | undefined;
  /** Ends it; nothing is left but chunks. */
  readonly signal: AbortSignal;
}

/** Result of the copy of a snapshot. */
export interface CopiedSnapshot extends Readonly<CopyProgress> {
  /** Remarks of the target. */
  readonly warnings: readonly string[];
}
