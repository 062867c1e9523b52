import { Turns } from "../chunking/mod.ts";
import { LockedError, NotFoundError } from "../errors/mod.ts";
import { formatGroupPath, formatSnapshotPath, type Repository } from "../repository/mod.ts";
import { ChunkCounter, type ChunkSums } from "./chunk_sums.ts";
import { ChunkTally } from "./chunk_tally.ts";
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
}

const ELSEWHERE = 1;
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
  onProgress?: (progress: UsageProgress) => void,
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
      const size = index.endOf(i) - index.startOf(i);
      const digest = index.digestAt(i);
      if (!tally.add(digest, size)) continue;
      const stored = repository.storedSizeOf?.(digest);
      if (stored === undefined && repository.storedSizeOf !== undefined) missingChunks++;
      tally.stored = stored ?? 0;
      for (const counter of [chunks, added, unique]) counter.add(size, tally.stored);
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
        if (other !== previous || tally.last !== undefined) continue;
        tally.last = IN_PREVIOUS;
        added.subtract(tally.size, tally.stored);
      }
    }
  }
  const isStoredKnown = repository.storedSizeOf !== undefined;
  return {
    size: own.size,
    chunks: chunks.sums(isStoredKnown),
    added: added.sums(isStoredKnown),
    unique: unique.sums(isStoredKnown),
    previous,
    otherSnapshots,
    missingChunks,
    unreadSnapshots,
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
