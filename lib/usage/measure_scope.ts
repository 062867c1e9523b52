import { Turns } from "../chunking/mod.ts";
import { formatGroupPath, type Repository } from "../repository/mod.ts";
import { ChunkCounter, type ChunkSums } from "./chunk_sums.ts";
import { ChunkTally } from "./chunk_tally.ts";
import { findStoredSizes } from "./_stored_sizes.ts";
import { indexesOf, type UsageProgress, type UsageScope } from "./usage_scope.ts";
import type { PlacedSnapshot } from "./_snapshot_indexes.ts";

/** A part of the scope that is measured: a snapshot, or a group. */
export interface UnitUsage {
  /** The snapshot, or the newest one of the group. */
  readonly snapshot: PlacedSnapshot;
  readonly snapshots: number;
  /** Sum of the sizes of all archives, bytes. */
  readonly size: number;
  /** All chunks that it refers to. */
  readonly chunks: ChunkSums;
  /** Of a snapshot: those that the one before it in its group does not refer to. */
  readonly added?: ChunkSums;
  /** Those that nothing else of the scope refers to. */
  readonly unique: ChunkSums;
}

/** Space that a scope takes. */
export interface ScopeUsage {
  readonly units: readonly UnitUsage[];
  /** Sum of the sizes of all archives and blobs, bytes. */
  readonly size: number;
  /** Of that what is in chunks: what it would take without deduplication and compression. */
  readonly chunkedSize: number;
  readonly chunks: ChunkSums;
  /** Chunks that the datastore lacks; they count with their plain bytes only. */
  readonly missingChunks: number;
  /** Snapshots that could not be read, because others use them or of missing rights. */
  readonly unreadSnapshots: number;
  /** Requests that it took to know what is stored. */
  readonly listRequests: number;
}

/** How to measure. */
export interface MeasureOptions {
  /** Unit by which space is told apart. */
  readonly by: "snapshot" | "group";
  /** Whether to tell what is stored, if the repository does: in a bucket all chunks are listed for it. */
  readonly isStoredWanted: boolean;
  readonly onProgress?: (progress: UsageProgress) => void;
}

interface Unit {
  readonly key: string;
  readonly groupKey: string;
  snapshot: PlacedSnapshot;
  snapshots: number;
  size: number;
  readonly chunks: ChunkCounter;
  readonly added: ChunkCounter;
  readonly unique: ChunkCounter;
}

/**
 * Measures what the snapshots of a scope take, from their indexes only.
 *
 * @throws {CorruptDataError} if an index is damaged: every sum would be wrong.
 */
export async function measureScope(
  repository: Repository,
  scope: UsageScope,
  { by, isStoredWanted, onProgress }: MeasureOptions,
): Promise<ScopeUsage> {
  // What the snapshots of the scope name is there by now.
  const stored = isStoredWanted ? await findStoredSizes(repository) : undefined;
  const tally = new ChunkTally(scope.snapshots.length);
  const all = new ChunkCounter();
  const units: Unit[] = [];
  const turns = new Turns();
  let [missingChunks, unreadSnapshots, size, chunkedSize] = [0, 0, 0, 0];
  for await (const [snapshot, found] of indexesOf(repository, scope.snapshots, onProgress)) {
    if (found === "unread") {
      unreadSnapshots++;
      continue;
    }
    const number = unitOf(snapshot);
    const unit = units[number]!;
    unit.snapshots++;
    unit.snapshot = snapshot;
    unit.size += found.size;
    size += found.size;
    chunkedSize += found.chunkedSize;
    for (const index of found.indexes) {
      for (let i = 0; i < index.chunkCount; i++) {
        if ((i & 63) === 0) await turns.give();
        count(index.digestAt(i), index.endOf(i) - index.startOf(i), number);
      }
    }
  }
  const isStoredKnown = stored !== undefined;
  return {
    units: units.map((unit) => ({
      snapshot: unit.snapshot,
      snapshots: unit.snapshots,
      size: unit.size,
      chunks: unit.chunks.sums(isStoredKnown),
      ...(by === "snapshot" ? { added: unit.added.sums(isStoredKnown) } : {}),
      unique: unit.unique.sums(isStoredKnown),
    })),
    size,
    chunkedSize,
    chunks: all.sums(isStoredKnown),
    missingChunks,
    unreadSnapshots,
    listRequests: stored?.requests ?? 0,
  };

  /** Those of a group follow one another. */
  function unitOf(snapshot: PlacedSnapshot): number {
    const groupKey = `${snapshot.namespace}\0${formatGroupPath(snapshot)}`;
    const key = by === "group" ? groupKey : `${groupKey}\0${snapshot.time}`;
    if (units.at(-1)?.key !== key) {
      units.push({
        key,
        groupKey,
        snapshot,
        snapshots: 0,
        size: 0,
        chunks: new ChunkCounter(),
        added: new ChunkCounter(),
        unique: new ChunkCounter(),
      });
    }
    return units.length - 1;
  }

  function count(digest: Uint8Array, plainSize: number, number: number): void {
    const unit = units[number]!;
    const isNew = tally.add(digest, plainSize);
    if (isNew) {
      const size = stored?.sizeOf(digest);
      if (size === undefined && stored !== undefined) missingChunks++;
      tally.stored = size ?? 0;
      all.add(plainSize, tally.stored);
    } else if (tally.last === number) return;
    const { owner, last } = tally;
    unit.chunks.add(plainSize, tally.stored);
    const isOfOneBefore = last !== undefined && last === number - 1 &&
      units[last]!.groupKey === unit.groupKey;
    if (!isOfOneBefore) unit.added.add(plainSize, tally.stored);
    if (isNew) {
      tally.owner = number;
      unit.unique.add(plainSize, tally.stored);
    } else if (owner !== undefined) {
      units[owner]!.unique.subtract(plainSize, tally.stored);
      tally.owner = undefined;
    }
    tally.last = number;
  }
}
