import { zstdCompressSync } from "node:zlib";

/** One zstd frame, without a container around it. */
export function compressZstdBytes(plain: Uint8Array): Uint8Array {
  return new Uint8Array(zstdCompressSync(plain));
}
