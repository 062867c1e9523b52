import { PbsError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { PlacedSnapshot, SnapshotSource } from "../repository/mod.ts";
import { openIndex } from "./open_index.ts";
import type { OtherRepository } from "./other_repository.ts";

/** A snapshot elsewhere whose indexes were read, so that its server gives out what they name. */
export interface IndexedCopy extends AsyncDisposable {
  readonly source: SnapshotSource;
  /** Those that are sound in themselves. */
  readonly indexes: ChunkIndex[];
}

/** Opens a snapshot and reads its indexes. @throws why it cannot be read; an index may be missing. */
export async function openWithIndexes(
  other: OtherRepository,
  placed: PlacedSnapshot,
): Promise<IndexedCopy> {
  await using opened = new AsyncDisposableStack();
  const { source, manifest } = opened.use(await other.mustOpen(placed));
  const indexes: ChunkIndex[] = [];
  for (const { filename } of manifest.files) {
    if (!/\.[fd]idx$/.test(filename)) continue;
    try {
      indexes.push(openIndex(await source.readFile(filename), filename));
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      // Its chunks cannot be had through it; those of the other indexes can.
    }
  }
  const held = opened.move();
  return { source, indexes, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
