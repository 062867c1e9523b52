import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../blob/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import type { ChunkIndex } from "../../index/mod.ts";

/** The plain bytes of an archive, chunk by chunk, checked. */
export async function* readChunks(
  { chunks }: Datastore,
  index: ChunkIndex,
): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < index.chunkCount; i++) {
    const digest = index.digestAt(i);
    let blob = new Uint8Array(0);
    await chunks.read(digest, (length) => blob = new Uint8Array(length));
    yield await decodeBlob(blob, {
      maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
      expectedDigest: digest,
      expectedSizeBytes: index.endOf(i) - index.startOf(i),
      expectEncrypted: false,
    });
  }
}
