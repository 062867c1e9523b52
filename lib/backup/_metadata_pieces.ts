import { ChunkDecoder } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { parseDynamicIndex } from "../index/mod.ts";
import { type ManifestFile, verifyIndex } from "../manifest/mod.ts";
import { ChunkPrefetcher, METADATA_WINDOW_BYTES } from "../reading/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import type { StreamPiece } from "../reuse/mod.ts";

/**
 * The metadata stream of a split archive of the previous snapshot, piece by piece.
 *
 * @param file Its index, as the manifest has it.
 * @param resources Gets what has to be given back.
 * @returns Gives the next piece, undefined at the end.
 * @throws {CorruptDataError} if the index is not the manifest's.
 */
export async function openMetadataPieces(
  source: SnapshotSource,
  file: ManifestFile,
  crypt: CryptConfig | undefined,
  resources: AsyncDisposableStack,
): Promise<() => Promise<StreamPiece | undefined>> {
  const index = parseDynamicIndex(await source.readFile(file.filename), file.filename);
  verifyIndex(file, index);
  const decoder = resources.use(
    new ChunkDecoder({
      memoryBudgetBytes: 3 * METADATA_WINDOW_BYTES,
      ...(crypt === undefined ? {} : { crypt }),
    }),
  );
  const chunks = resources.use(
    new ChunkPrefetcher(
      source,
      index,
      decoder,
      file.cryptMode === "encrypt",
      METADATA_WINDOW_BYTES / 2,
    ),
  );
  return async () => {
    const placed = await chunks.next();
    return placed && { bytes: placed.chunk.bytes, release: placed.release };
  };
}
