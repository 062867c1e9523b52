import type { ChunkDecoder } from "../chunking/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import { type CheckedSnapshot, ChunkPrefetcher } from "../reading/mod.ts";
import { OutputFile } from "./_output_file.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Tools of a restored stream, and the place for it. */
export interface StreamRestore {
  readonly decoder: ChunkDecoder;
  /** Path of a new file, or `-` for the standard output. */
  readonly target: Uint8Array | "-";
  readonly observer: RestoreObserver;
  readonly signal: AbortSignal;
}

/**
 * Writes the plain stream of an index to a new file or to the standard output: an image, an unsplit
 * archive as it is, a catalog.
 *
 * @returns Bytes written.
 */
export async function restoreStream(
  snapshot: CheckedSnapshot,
  file: ManifestFile,
  { decoder, target, observer, signal }: StreamRestore,
): Promise<number> {
  const index = await snapshot.readIndex(file);
  observer.progress.bytesTotal = index.size;
  using output = OutputFile.create(target);
  using chunks = new ChunkPrefetcher(
    snapshot.source,
    index,
    decoder,
    file.cryptMode === "encrypt",
  );
  let lastIsZero = false;
  for (let placed = await chunks.next(); placed !== undefined; placed = await chunks.next()) {
    try {
      signal.throwIfAborted();
      const bytes = placed.chunk.bytes;
      // The same memory as before need not be looked at again: zeros come in long runs.
      if (!placed.repeated) lastIsZero = isZero(bytes);
      if (lastIsZero) await output.skip(bytes);
      else await output.write(bytes);
      observer.progress.bytesDone += bytes.byteLength;
    } finally {
      placed.release();
    }
  }
  output.finish();
  return index.size;
}

/** Whether there are only zeros; stops at the first other byte. */
function isZero(bytes: Uint8Array): boolean {
  const words = bytes.byteOffset % 4 === 0
    ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
    : new Int32Array(0);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  for (let i = words.byteLength; i < bytes.byteLength; i++) if (bytes[i] !== 0) return false;
  return true;
}
