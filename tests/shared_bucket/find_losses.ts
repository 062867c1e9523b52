import { LocalRepository, readIndex } from "../../lib/datastore/mod.ts";
import type { ObjectStore } from "../../lib/s3/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { ARCHIVE } from "./back_up_chunks.ts";

/** Snapshots of the datastore `tank` that lack something, with what. */
export async function findLosses(store: ObjectStore): Promise<string[]> {
  const { datastore } = await openSharedDatastore(store, "tank");
  await using repository = new LocalRepository(datastore);
  const losses: string[] = [];
  for (const snapshot of await repository.listSnapshots("")) {
    const name = `${snapshot.id}/${snapshot.time}`;
    try {
      await using source = await repository.openSnapshot("", snapshot);
      const index = readIndex(await source.readFile(ARCHIVE), ARCHIVE);
      for (let i = 0; i < index.chunkCount; i++) {
        await source.readChunk(index.digestAt(i), (length) => new Uint8Array(length));
      }
    } catch (error) {
      losses.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return losses;
}
