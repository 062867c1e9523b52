import type { TaskLog, VerifyProgress } from "../repository/mod.ts";
import type { ChunkChecker } from "./chunk_checker.ts";
import type { FoundBadChunk } from "./chunk_verification.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import type { VerifyPlace } from "./verify_place.ts";

/** How to verify. */
export interface VerifyOptions {
  /** The task that does it; recorded in every manifest. */
  readonly upid: string;
  readonly checker: ChunkChecker;
  readonly log: TaskLog;
  readonly signal?: AbortSignal;
  /** Place where an earlier one was ended in the middle of a snapshot. */
  readonly place?: VerifyPlace | undefined;
  /** Hears after each chunk where to go on; undefined after each snapshot. */
  readonly onPlace?: ((place: VerifyPlace | undefined) => void) | undefined;
  /** Hears of each snapshot when it is done: the report comes only if nothing ends it before. */
  readonly onVerdict?: ((verdict: SnapshotVerdict) => void) | undefined;
  /** Hears of each chunk that is bad. */
  readonly onBadChunk?: ((chunk: FoundBadChunk) => void) | undefined;
  /** Told now and then how far it has come. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Levels below the namespace that are also verified; default all. */
  readonly maxDepth?: number | undefined;
  /** Leaves groups out, for a caller who may not see all. */
  readonly accepts?: ((group: DatastoreGroup) => Promise<boolean>) | undefined;
  /** Skip snapshots without a manifest, which a killed run leaves; else they count as failed. */
  readonly leaveOutUnfinished?: boolean;
}

/** Verdict on one snapshot. */
export interface SnapshotVerdict {
  readonly snapshot: DatastoreSnapshot;
  /** `skipped`: in use, gone, or verified before. */
  readonly state: "ok" | "failed" | "skipped";
  /** Its faults, a line each. */
  readonly problems: readonly string[];
}

/** Result of a verification. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly snapshots: readonly SnapshotVerdict[];
}
