import type { Buffer } from "node:buffer";
import { createZstdCompress } from "node:zlib";
import { Readable } from "node:stream";

/** A tar file on its way, compressed with zstd. Where it breaks off, so does what is made of it. */
export async function* compressedTar(
  tar: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(tar, { objectMode: true });
  const compressor = createZstdCompress();
  // Errors of the source also end the compressor's stream, and so the answer.
  source.on("error", (error: Error) => compressor.destroy(error));
  source.pipe(compressor);
  try {
    for await (const part of compressor as AsyncIterable<Buffer>) yield new Uint8Array(part);
  } finally {
    source.destroy();
    compressor.destroy();
  }
}
