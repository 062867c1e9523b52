import { ChunkList } from "../../lib/repository/mod.ts";

/** A list of chunks, as a run keeps of those that it sends. */
export function chunkListOf(
  ...chunks: readonly { digest: Uint8Array; size?: number; blob?: Uint8Array }[]
): ChunkList {
  const list = new ChunkList();
  for (const { digest, size, blob } of chunks) list.add(digest, size ?? 0, blob?.length ?? 0);
  return list;
}
