import { posixLibrary, whileHeld } from "./posix_library.ts";

/** A piece of a file for the kernel's page cache. */
export interface FusePiece {
  readonly node: bigint;
  /** In the file. */
  readonly offset: number;
  /** In the bytes that come with it. */
  readonly start: number;
  readonly length: number;
}

const WORDS = 4;

/**
 * Puts pieces of files into the page cache of a mount, on another thread: it waits for reads of the
 * same pieces that are not answered yet.
 *
 * @param fuse Open `/dev/fuse` of the mount.
 * @param bytes Must stay as they are until the call has settled.
 * @returns How many the kernel took: none of files that it has forgotten. Or a negative error number.
 */
export async function storePages(
  fuse: number,
  bytes: Uint8Array,
  pieces: readonly FusePiece[],
): Promise<number> {
  const words = new BigUint64Array(WORDS * pieces.length);
  pieces.forEach(({ node, offset, start, length }, at) => {
    words.set([node, BigInt(offset), BigInt(start), BigInt(length)], WORDS * at);
  });
  const held = bytes as Uint8Array<ArrayBuffer>;
  const described = new Uint8Array(words.buffer);
  const stored = posixLibrary().storePagesLater(
    fuse,
    held,
    BigInt(bytes.byteLength),
    described,
    pieces.length,
  );
  return await whileHeld(stored, held, described);
}
