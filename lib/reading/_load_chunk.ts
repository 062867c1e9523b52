import type { ChunkDecoder, ExpectedChunk, PlainChunk } from "../chunking/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { DamagedChunkError } from "./damaged_chunk_error.ts";

/**
 * A chunk of a snapshot, decoded and verified; from elsewhere if it is missing or damaged, and the source
 * knows where to ask.
 *
 * @throws what the decoder and the source throw.
 */
export async function loadChunk(
  chunk: ExpectedChunk,
  source: SnapshotSource,
  decoder: ChunkDecoder,
): Promise<PlainChunk> {
  const { digest } = chunk;
  try {
    return await decoder.decode(chunk, (buffer) => source.readChunk(digest, buffer));
  } catch (error) {
    if (source.elsewhere === undefined || !DamagedChunkError.isCause(error)) throw error;
    return await source.elsewhere.chunk(digest, error, (read) => decoder.decode(chunk, read));
  }
}
