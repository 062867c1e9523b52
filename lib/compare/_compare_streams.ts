import { bytesEqual } from "../bytes/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";

/**
 * Bytes of the second stream that lie in chunks which the first does not have at the same place: of
 * an image all that was written, rounded up to whole chunks.
 */
export function differingBytes(before: ChunkIndex, after: ChunkIndex): number {
  let differing = 0;
  for (let a = 0, b = 0; b < after.chunkCount; b++) {
    const [start, end] = [after.startOf(b), after.endOf(b)];
    while (a < before.chunkCount && before.endOf(a) <= start) a++;
    const isSame = a < before.chunkCount && before.startOf(a) === start &&
      before.endOf(a) === end && bytesEqual(before.digestAt(a), after.digestAt(b));
    if (!isSame) differing += end - start;
  }
  return differing;
}
