import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../lib/blob/mod.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";
import type { CryptConfig } from "../../lib/crypto/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import type { SnapshotSource } from "../../lib/repository/mod.ts";
import { readChunk } from "./target_conformance.ts";

/** The whole stream behind a dynamic index, chunk by chunk. */
export async function readStream(
  source: SnapshotSource,
  name: string,
  crypt: CryptConfig | undefined,
): Promise<Uint8Array> {
  const index = parseDynamicIndex(await source.readFile(name), name);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < index.chunkCount; i++) {
    const digest = index.digestAt(i);
    parts.push(
      await decodeBlob(await readChunk(source, digest), {
        ...crypt,
        maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
        expectedDigest: digest,
        expectedSizeBytes: index.endOf(i) - index.startOf(i),
        expectEncrypted: crypt !== undefined,
      }),
    );
  }
  return concatBytes(parts);
}
