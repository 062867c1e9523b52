import { Turns } from "../chunking/mod.ts";
import { LockedError, NotFoundError } from "../errors/mod.ts";
import { formatGroupPath, formatSnapshotPath, type Repository } from "../repository/mod.ts";
import { ChunkCounter, type ChunkSums } from "./chunk_sums.ts";
import { ChunkTally } from "./chunk_tally.ts";
import { findStoredSizes } from "./_stored_sizes.ts";
import { fetchIndexes, type PlacedSnapshot } from "./_snapshot_indexes.ts";
import { indexesOf, type UsageProgress, type UsageScope } from "./usage_scope.ts";

/** Space that a snapshot takes, and the part of it that no other one does. */
export interface SnapshotUsage {
  /** Sum of the sizes of its archives, bytes. */
  readonly size: number;
  readonly chunks: ChunkSums;
  /** Those that the snapshot before it in its group does not refer to. */
  readonly added: ChunkSums;
  /** Those that no other snapshot of the scope refers to. */
  readonly unique: ChunkSums;
  /** The snapshot before it in its group. */
  readonly previous: PlacedSnapshot | undefined;
  readonly otherSnapshots: number;
  readonly missingChunks: number;
  /** Others that could not be read: what is unique may be less then. */
  readonly unreadSnapshots: number;
  /** Requests that it took to know what is stored. */
  readonly listRequests: number;
}

/** How to measure. */
export interface MeasureSnapshotOptions {
  /** Whether to tell what is stored, if the repository does: in a bucket all chunks are listed for it. */
  readonly isStoredWanted: boolean;
  readonly onProgress?: (progress: UsageProgress) => void;
}

const ELSEWHERE = 1;
const COUNTED = 0;
const IN_PREVIOUS = 1;

/**
 * Measures what a snapshot takes. Only its own chunks are remembered, however many there are in the
 * scope.
 *
 * @param scope All snapshots that chunks may be shared with.
 * @throws {NotFoundError} if the snapshot is gone, {CorruptDataError} if any index is damaged.
 */
export async function measureSnapshot(
  repository: Repository,
  snapshot: PlacedSnapshot,
  scope: UsageScope,
  { isStoredWanted, onProgress }: MeasureSnapshotOptions,
): Promise<SnapshotUsage> {
  const own = await fetchIndexes(repository, snapshot);
  if (own === undefined) {
    throw new NotFoundError(`snapshot ${formatSnapshotPath(snapshot)} does not exist.`);
  }
  const tally = new ChunkTally(2);
  const turns = new Turns();
  const chunks = new ChunkCounter();
  const [added, unique] = [new ChunkCounter(), new ChunkCounter()];
  let [missingChunks, unreadSnapshots, otherSnapshots] = [0, 0, 0];
  for (const index of own.indexes) {
    for (let i = 0; i < index.chunkCount; i++) {
      if ((i & 63) === 0) await turns.give();
      tally.add(index.digestAt(i), index.endOf(i) - index.startOf(i));
    }
  }
  const stored = isStoredWanted
    ? await findStoredSizes(repository, (digest) => tally.find(digest))
    : undefined;
  for (const index of own.indexes) {
    for (let i = 0; i < index.chunkCount; i++) {
      if ((i & 63) === 0) await turns.give();
      const digest = index.digestAt(i);
      if (!tally.find(digest) || tally.last === COUNTED) continue;
      tally.last = COUNTED;
      const size = stored?.sizeOf(digest);
      if (size === undefined && stored !== undefined) missingChunks++;
      tally.stored = size ?? 0;
      for (const counter of [chunks, added, unique]) counter.add(tally.size, tally.stored);
    }
  }
  const others = scope.snapshots.filter((other) => !isSame(other, snapshot));
  const before = others.filter((other) =>
    other.namespace === snapshot.namespace && other.time < snapshot.time &&
    formatGroupPath(other) === formatGroupPath(snapshot)
  );
  const previous = before.reduce<PlacedSnapshot | undefined>(
    (latest, other) => latest === undefined || other.time > latest.time ? other : latest,
    undefined,
  );
  for await (const [other, found] of indexesOf(repository, others, onProgress)) {
    if (found === "unread") {
      if (other === previous) throw unreadable(other);
      unreadSnapshots++;
      continue;
    }
    otherSnapshots++;
    for (const index of found.indexes) {
      for (let i = 0; i < index.chunkCount; i++) {
        if ((i & 63) === 0) await turns.give();
        if (!tally.find(index.digestAt(i))) continue;
        if (tally.owner === undefined) {
          tally.owner = ELSEWHERE;
          unique.subtract(tally.size, tally.stored);
        }
        if (other !== previous || tally.last === IN_PREVIOUS) continue;
        tally.last = IN_PREVIOUS;
        added.subtract(tally.size, tally.stored);
      }
    }
  }
  const isStoredKnown = stored !== undefined;
  return {
    size: own.size,
    chunks: chunks.sums(isStoredKnown),
    added: added.sums(isStoredKnown),
    unique: unique.sums(isStoredKnown),
    previous,
    otherSnapshots,
    missingChunks,
    unreadSnapshots,
    listRequests: stored?.requests ?? 0,
  };
}

function isSame(a: PlacedSnapshot, b: PlacedSnapshot): boolean {
  return a.namespace === b.namespace && formatSnapshotPath(a) === formatSnapshotPath(b);
}

function unreadable(snapshot: PlacedSnapshot): Error {
  return new LockedError(
    `snapshot ${formatSnapshotPath(snapshot)}, the one before it, cannot be read now`,
  );
}
