import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import { DynamicIndexBuilder } from "../../lib/index/mod.ts";
import type { BackupSnapshot, IndexSummary, Repository } from "../../lib/repository/mod.ts";
import { STORED_SNAPSHOT } from "./store_archives.ts";
import { uploadManifest } from "./target_conformance.ts";

/** A chunk and how often the index names it in a row. */
export type RepeatedChunk = readonly [bytes: Uint8Array, times: number];

/**
 * Writes a snapshot of streams that repeat chunks: a few kilobytes that are gigabytes for a reader.
 *
 * @param streams By server name, e.g. `x.pxar.didx`.
 */
export async function storeRepeated(
  repository: Repository,
  streams: Readonly<Record<string, readonly RepeatedChunk[]>>,
  snapshot: BackupSnapshot = STORED_SNAPSHOT,
): Promise<void> {
  await using target = await repository.beginBackup({ namespace: "", snapshot });
  const summaries: Record<string, IndexSummary> = {};
  for (const [name, chunks] of Object.entries(streams)) {
    const builder = new DynamicIndexBuilder(name);
    const writer = await target.createIndex("dynamic", name);
    for (const [bytes, times] of chunks) {
      const digest = chunkDigest(bytes);
      const size = bytes.byteLength;
      await writer.putChunk({ digest, size, blob: await encodeBlob(bytes, { compress: true }) });
      const placed = [];
      for (let i = 0; i < times; i++) {
        placed.push({ digest, offset: builder.size });
        builder.append(builder.size, size, digest);
      }
      await writer.append(placed);
    }
    const { chunkCount, size } = builder;
    summaries[name] = { chunkCount, size, checksum: builder.checksum() };
    await writer.close(summaries[name]);
  }
  await uploadManifest(target, summaries);
  await target.finish();
}
