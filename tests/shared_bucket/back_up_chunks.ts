import { encodeHex } from "../../lib/bytes/mod.ts";
import { type LocalRepository, readIndex } from "../../lib/datastore/mod.ts";
import type { BackupSnapshot, NewChunk } from "../../lib/repository/mod.ts";
import { summaryOf, uploadManifest } from "../support/target_conformance.ts";

/** Name of the only archive of a snapshot. */
export const ARCHIVE = "root.pxar.didx";

/** Backs up chunks, relying on those that the previous snapshot names. */
export async function backUpChunks(
  repository: LocalRepository,
  snapshot: BackupSnapshot,
  chunks: readonly NewChunk[],
): Promise<void> {
  await using target = await repository.beginBackup({ namespace: "", snapshot });
  const known = new Set<string>();
  if (target.previousTime !== undefined) {
    const index = readIndex(await target.previousIndex(ARCHIVE), ARCHIVE);
    for (let i = 0; i < index.chunkCount; i++) known.add(encodeHex(index.digestAt(i)));
  }
  const summary = summaryOf("dynamic", chunks);
  const writer = await target.createIndex("dynamic", ARCHIVE);
  for (const chunk of chunks) {
    if (!known.has(encodeHex(chunk.digest))) await writer.putChunk(chunk);
  }
  let offset = 0;
  for (const { digest, size } of chunks) {
    await writer.append([{ digest, offset }]);
    offset += size;
  }
  await writer.close(summary);
  await uploadManifest(target, { [ARCHIVE]: summary });
  await target.finish();
}
