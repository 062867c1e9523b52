import { setTimeout as delay } from "node:timers/promises";
import {
  AuthError,
  CancelledError,
  ConflictError,
  CorruptDataError,
  describeError,
  KeyError,
  LockedError,
  NotFoundError,
  ServerError,
  UsageError,
} from "../errors/mod.ts";
import {
  formatSnapshotPath,
  isTransientError,
  type LockWait,
  type PlacedSnapshot,
  type Repository,
  waitForLock,
} from "../repository/mod.ts";
import type { CopiedSnapshot, CopyObserver, CopyProgress } from "./copy_options.ts";
import { copySnapshot } from "./copy_snapshot.ts";
import { ensureNamespace } from "./ensure_namespace.ts";
import { checkRecoding, type Recoding } from "./recoding.ts";
import type { CopyDecision, CopyPlan, PlannedSnapshot } from "./plan_copy.ts";

/** Pauses before the first, second and further attempts. */
const PAUSES_MS = [2_000, 10_000, 30_000] as const;

/** How to carry a plan out. */
export interface CopyRequest {
  readonly source: Repository;
  readonly target: Repository;
  readonly plan: CopyPlan;
  /** Ends it; snapshots that were copied stay. */
  readonly signal: AbortSignal;
  /** Times that a snapshot is tried again after a connection was lost; default 0. */
  readonly retries?: number | undefined;
  /** Pause before an attempt, by its number from 1 on; default 2, 10, 30, 30 … seconds. */
  readonly pauseMs?: ((attempt: number) => number) | undefined;
  /** Whether copies of protected snapshots are protected too; default no. */
  readonly keepsProtection?: boolean | undefined;
  /** How the protection of snapshots changes; it stays as it is if absent. */
  readonly recoding?: Recoding | undefined;
  /** How long a group or snapshot may be in use by others; not at all by default. */
  readonly lockWait?: LockWait | undefined;
}

/** Counters of a whole run. */
export interface CopyRunProgress extends CopyProgress {
  /** Path of the snapshot that is being copied. */
  snapshot: string;
  snapshotsDone: number;
  readonly snapshotsTotal: number;
  /** Plain bytes of all that is to be copied, as far as that is known. */
  readonly bytesTotal: number;
}

/** Fate of a snapshot of a plan. */
export interface CopyOutcome {
  readonly from: PlacedSnapshot;
  readonly to: PlacedSnapshot;
  readonly state: Exclude<CopyDecision, "copy"> | "copied" | "failed";
  /** Counters of one that was copied. */
  readonly copied?: CopiedSnapshot;
  /** Reason for which one was not. */
  readonly reason?: string;
}

/** Who hears of a run. */
export interface CopyRunObserver extends CopyObserver {
  readonly progress: CopyRunProgress;
  /** A snapshot is done, whatever came of it. */
  snapshotDone(outcome: CopyOutcome): void;
}

/** Sums of a run. */
export interface CopyReport {
  /** Snapshots by what became of them. */
  readonly snapshots: Readonly<Record<CopyOutcome["state"], number>>;
  readonly durationMs: number;
}

/** Progress of a plan at its beginning. */
export function progressOf({ groups }: CopyPlan): CopyRunProgress {
  const wanted = groups.flatMap(({ snapshots }) => snapshots).filter(isWanted);
  return {
    snapshot: "",
    snapshotsDone: 0,
    snapshotsTotal: wanted.length,
    bytesTotal: wanted.reduce((sum, { info }) => sum + (info.size ?? 0), 0),
    bytesDone: 0,
    bytesMoved: 0,
    chunksMoved: 0,
    chunksReused: 0,
    bytesReused: 0,
  };
}

/**
 * Copies all snapshots of a plan. One that is damaged, or that the target refuses, is not copied; the
 * others are.
 *
 * @throws {UsageError} if a key is missing that a change of protection needs.
 * @throws {CancelledError} if the signal ended it.
 * @throws {ConnectionError} if a connection is lost for good.
 */
export async function runCopy(
  request: CopyRequest,
  observer: CopyRunObserver,
): Promise<CopyReport> {
  const started = performance.now();
  if (request.recoding !== undefined) checkRecoding(request.recoding);
  const counts = { copied: 0, failed: 0, present: 0, older: 0, unfinished: 0 };
  const done = (outcome: CopyOutcome) => {
    counts[outcome.state]++;
    observer.snapshotDone(outcome);
  };
  for (const { snapshots, targetNamespace } of request.plan.groups) {
    if (snapshots.some(isWanted)) await ensureNamespace(request.target, targetNamespace);
    let inUse: string | undefined;
    for (const snapshot of snapshots) {
      const { from, to, decision } = snapshot;
      if (decision !== "copy") {
        done({ from, to, state: decision });
        continue;
      }
      if (inUse === undefined) {
        const { isInUse, ...outcome } = await copyPlanned(request, snapshot, observer);
        done(outcome);
        // A newer one would shut this one out for good: groups grow at their ends only.
        if (isInUse) inUse = outcome.reason;
      } else done({ from, to, state: "failed", reason: inUse });
      observer.progress.snapshotsDone++;
    }
  }
  return { snapshots: counts, durationMs: performance.now() - started };
}

function isWanted({ decision }: PlannedSnapshot): boolean {
  return decision === "copy";
}

async function copyPlanned(
  request: CopyRequest,
  { from, to, info }: PlannedSnapshot,
  observer: CopyRunObserver,
): Promise<CopyOutcome & { readonly isInUse?: boolean }> {
  const { source, target, recoding, signal, retries = 0 } = request;
  const { progress } = observer;
  progress.snapshot = formatSnapshotPath(from.snapshot);
  const { bytesDone } = progress;
  for (let attempt = 1;; attempt++) {
    try {
      const copied = await waitForLock(
        request.lockWait,
        () => copySnapshot(source, target, { from, to, observer, recoding, signal }),
        signal,
      );
      if (request.keepsProtection && info.protected) {
        await target.setProtected(to.namespace, to.snapshot, true);
      }
      return { from, to, state: "copied", copied };
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      const [reason = ""] = describeError(error);
      // The server may not have noticed yet that the failed attempt has ended.
      const mayPass = isTransientError(error) || attempt > 1 && error instanceof LockedError;
      if (!mayPass || attempt > retries) {
        if (!concernsOne(error)) throw error;
        progress.bytesDone = bytesDone + (info.size ?? 0);
        return { from, to, state: "failed", reason, isInUse: error instanceof LockedError };
      }
      progress.bytesDone = bytesDone;
      await pauseBefore(request, observer, attempt, reason);
    }
  }
}

async function pauseBefore(
  { pauseMs, retries, signal }: CopyRequest,
  observer: CopyRunObserver,
  attempt: number,
  reason: string,
): Promise<void> {
  const pause = pauseMs?.(attempt) ?? PAUSES_MS[attempt - 1] ?? PAUSES_MS.at(-1)!;
  observer.log(
    "info",
    `${reason}; trying again in ${pause / 1000} s (${attempt} of ${retries})`,
  );
  try {
    await delay(pause, undefined, { signal });
  } catch {
    throw new CancelledError("the copy was interrupted");
  }
}

/** Whether an error says something about this snapshot, or its group, and nothing about all others. */
function concernsOne(error: unknown): boolean {
  return error instanceof CorruptDataError || error instanceof NotFoundError ||
    error instanceof ConflictError || error instanceof AuthError || error instanceof KeyError ||
    error instanceof UsageError ||
    error instanceof ServerError && !isTransientError(error);
}
