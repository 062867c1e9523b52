import type { DigestColumn } from "../index/mod.ts";

/** A column as words of 32 bits, and where the first digest begins there. */
export interface WordColumn {
  readonly words: Uint32Array;
  readonly at: number;
  /** Words from the beginning of one to that of the next. */
  readonly stride: number;
}

/**
 * A column as words; copied only if its bytes do not lie at a multiple of four.
 *
 * @throws {RangeError} if the digests do not lie within the bytes.
 */
export function wordsOf({ bytes, offset, stride, count }: DigestColumn): WordColumn {
  const end = count === 0 ? offset : offset + (count - 1) * stride + 32;
  if (stride % 4 !== 0 || stride < 32 || offset < 0 || end > bytes.byteLength) {
    throw new RangeError(`${count} digests every ${stride} bytes do not fit`);
  }
  let used = bytes.subarray(offset, end);
  if (used.byteOffset % 4 !== 0) used = used.slice();
  const words = new Uint32Array(used.buffer, used.byteOffset, used.byteLength / 4);
  return { words, at: 0, stride: stride / 4 };
}
