import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";

/** So much is unpacked at once by each worker of the launcher. */
const MAX_FRAME_SIZE = 16 << 20;

/** Bytes compressed by themselves. */
export interface CompressedFrame {
  readonly compressed: Uint8Array;
  /** Length of the bytes it holds. */
  readonly size: number;
  /** SHA-256 of these, in hexadecimal digits. */
  readonly digest: string;
}

/**
 * Compresses pieces of bytes in frames of at most 16 MiB. No frame holds bytes of two pieces.
 *
 * @param level Of zstd, 1 to 22.
 * @param cache Folder in which compressed frames are kept: most of them are the runtime's.
 */
export function compressFrames(
  pieces: readonly Uint8Array[],
  level: number,
  cache: string,
): Promise<CompressedFrame[]> {
  const parts = pieces.flatMap((piece) => {
    const count = Math.ceil(piece.length / MAX_FRAME_SIZE);
    const size = Math.ceil(piece.length / count);
    return Array.from(
      { length: count },
      (_, index) => piece.subarray(index * size, (index + 1) * size),
    );
  });
  return Promise.all(parts.map((part) => compressFrame(part, level, cache)));
}

const compress = promisify(zstdCompress);

async function compressFrame(
  bytes: Uint8Array,
  level: number,
  cache: string,
): Promise<CompressedFrame> {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const path = `${cache}/${digest}.${level}.zst`;
  let compressed: Uint8Array;
  try {
    compressed = await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    compressed = await compress(bytes, {
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_windowLog]: Math.log2(MAX_FRAME_SIZE),
        [constants.ZSTD_c_checksumFlag]: 0,
      },
    });
    const partial = `${path}.${crypto.randomUUID()}`;
    await Deno.writeFile(partial, compressed);
    await Deno.rename(partial, path);
  }
  return { compressed, size: bytes.length, digest };
}
