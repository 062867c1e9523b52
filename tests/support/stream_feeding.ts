import { assertEquals } from "@std/assert";
import { openFile, OpenFlag } from "../../ffi/posix_files.ts";
import type { ByteSink } from "../../lib/chunking/byte_sink.ts";
import type { ChunkStream } from "../../lib/chunking/chunk_stream.ts";
import type { FinishedChunk } from "../../lib/chunking/finished_chunk.ts";

/** Opens a file for {@linkcode ChunkStream.splice} in a test. */
export function openForSplice(path: string): number {
  const fd = openFile(path, OpenFlag.READ);
  if (fd < 0) throw new Error(`cannot open ${path}: ${-fd}`);
  return fd;
}

/** Numbers that look random and are the same in every run. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes that look random, with runs of zeros and of text between. */
export function mixedBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, length >> 2);
  let at = 0;
  while (at < words.length) {
    const end = Math.min(words.length, at + 1 + random(1 << (8 + random(11))));
    const kind = random(4);
    if (kind === 0) at = end;
    else if (kind === 1) words.fill(0x20414243, at, at = end);
    else while (at < end) words[at++] = random(0xffffffff);
  }
  return bytes;
}

/** Takes all chunks out of a stream, copying nothing; `each` sees them before their release. */
export async function takeAll(
  stream: ChunkStream,
  each: (chunk: FinishedChunk) => void | Promise<void> = () => {},
): Promise<FinishedChunk[]> {
  const chunks: FinishedChunk[] = [];
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    for (const chunk of batch) {
      await each(chunk);
      // Looking settles which of equal chunks has the blob.
      assertEquals(chunk.known, chunk.blob === undefined);
      chunk.release();
      chunks.push(chunk);
    }
  }
  return chunks;
}

/**
 * Writes data into a stream as a mix of bytes and of spliced files, and ends it.
 *
 * @param folder Where the files may be made.
 */
export async function feedMixed(
  stream: ByteSink & { end(): Promise<void> },
  data: Uint8Array,
  folder: string,
  seed: number,
): Promise<void> {
  const random = randomNumbers(seed);
  const path = `${folder}/stretch-${seed}`;
  let at = 0;
  while (at < data.length) {
    const size = Math.min(data.length - at, 1 + random(1 << (1 + random(21))));
    const stretch = data.subarray(at, at + size);
    if (random(2) === 0) stream.write(stretch);
    else {
      stream.splice(temporaryFile(path, stretch), size, at);
    }
    at += size;
    if (stream.full || random(8) === 0) await stream.drain();
  }
  await stream.end();
}

/** An open file with some content that has no name any more. */
export function temporaryFile(path: string, content: Uint8Array): number {
  Deno.writeFileSync(path, content);
  const fd = openForSplice(path);
  Deno.removeSync(path);
  return fd;
}
