import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../blob/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";
import type { ChunkIndex } from "../../index/mod.ts";
import { type ConnectionAnswers, type HeldBytes, releaseMemory } from "../memory/mod.ts";

/**
 * The plain bytes of an archive, chunk by chunk, checked.
 *
 * @param request Who reads them: over HTTP/1 a chunk was sent when the next one is asked for, and its
 *   memory is given back then and not when the collector finds it; over HTTP/2 one chunk later.
 * @param answers Where each chunk is counted before it is read.
 */
export async function* readChunks(
  { chunks }: Datastore,
  index: ChunkIndex,
  request: IncomingRequest,
  answers: ConnectionAnswers,
): AsyncGenerator<Uint8Array> {
  const isSentAtOnce = request.httpVersion !== "2";
  const sending: HeldBytes[] = [];
  try {
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = index.digestAt(i);
      const sizeBytes = index.endOf(i) - index.startOf(i);
      const held = await answers.hold(2 * sizeBytes, request.signal);
      sending.push(held);
      let blob = new Uint8Array(0);
      await chunks.read(digest, (length) => blob = new Uint8Array(length));
      const plain = await decodeBlob(blob, {
        maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
        expectedDigest: digest,
        expectedSizeBytes: sizeBytes,
        expectEncrypted: false,
      });
      if (plain.buffer !== blob.buffer) releaseMemory(blob);
      held.resize(sizeBytes);
      yield plain;
      if (isSentAtOnce) releaseMemory(plain);
      if (isSentAtOnce || sending.length > 1) sending.shift()![Symbol.dispose]();
    }
  } finally {
    for (const held of sending) held[Symbol.dispose]();
  }
}
