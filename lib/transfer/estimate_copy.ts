import { DigestTable } from "../datastore/mod.ts";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { MANIFEST_BLOB_NAME, type Repository, type SnapshotSource } from "../repository/mod.ts";
import { indexesOf, listedIndexes } from "./_index_files.ts";
import type { CopyPlan, PlannedGroup } from "./plan_copy.ts";

/** Work that a plan means, as far as that can be known without moving anything. */
export interface CopyEstimate {
  /** Snapshots that would be copied. */
  snapshots: number;
  /** Plain bytes of their archives. */
  plainBytes: number;
  /** Distinct chunks that would be moved. A server as target may turn out to have some of them. */
  chunks: number;
  /** Plain bytes of those. */
  chunkBytes: number;
  /** Bytes of them as they are stored; undefined if the source does not tell. */
  storedBytes: number | undefined;
  /** Snapshots that cannot be read, which the copy would name. */
  unreadable: number;
}

/**
 * Estimates what a plan means: by the indexes of the source, those of the newest snapshots of the target,
 * and the chunks of both where they can be looked at.
 */
export async function estimateCopy(
  source: Repository,
  target: Repository,
  { groups }: CopyPlan,
  signal: AbortSignal,
): Promise<CopyEstimate> {
  const estimate: CopyEstimate = {
    snapshots: 0,
    plainBytes: 0,
    chunks: 0,
    chunkBytes: 0,
    storedBytes: source.storedSizeOf === undefined ? undefined : 0,
    unreadable: 0,
  };
  // A directory keeps what was moved for any group; a server is sent it again for each.
  const shared = target.storedSizeOf === undefined ? undefined : new DigestTable();
  for (const group of groups) {
    const known = shared ?? await knownOf(target, group);
    for (const { from, decision } of group.snapshots) {
      if (decision !== "copy") continue;
      signal.throwIfAborted();
      try {
        await using reading = await source.openSnapshot(from.namespace, from.snapshot);
        await addSnapshot(estimate, reading, known, { source, target });
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        estimate.unreadable++;
      }
    }
  }
  return estimate;
}

async function addSnapshot(
  estimate: CopyEstimate,
  reading: SnapshotSource,
  known: DigestTable,
  { source, target }: { readonly source: Repository; readonly target: Repository },
): Promise<void> {
  const { indexes, size } = await listedIndexes(reading);
  estimate.snapshots++;
  estimate.plainBytes += size;
  for (const index of indexes) {
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = index.digestAt(i);
      if (!known.set(digest, 0) || target.storedSizeOf?.(digest) !== undefined) continue;
      estimate.chunks++;
      estimate.chunkBytes += index.endOf(i) - index.startOf(i);
      if (estimate.storedBytes !== undefined) {
        estimate.storedBytes += source.storedSizeOf?.(digest) ?? 0;
      }
    }
  }
}

/** Chunks of the newest snapshot of a group of the target. */
async function knownOf(target: Repository, group: PlannedGroup): Promise<DigestTable> {
  const known = new DigestTable();
  if (group.targetNewest === undefined) return known;
  const snapshot = { ...group.group, time: group.targetNewest };
  try {
    await using source = await target.openSnapshot(group.targetNamespace, snapshot);
    const indexes = indexesOf(
      await source.readFile(MANIFEST_BLOB_NAME),
      (name) => source.readFile(name),
    );
    for await (const index of indexes) {
      for (let i = 0; i < index.chunkCount; i++) known.set(index.digestAt(i), 0);
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return known;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof CorruptDataError || error instanceof NotFoundError;
}
