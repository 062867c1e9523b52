import type { ManifestFile } from "../manifest/mod.ts";
import { PxarAccessor } from "../pxar/mod.ts";
import { CachedStream, type CheckedSnapshot, type ChunkCache } from "../reading/mod.ts";

/**
 * Opens the entries of an archive; of a split one without its contents.
 *
 * @param file The archive, or the metadata of a split one.
 * @throws {CorruptDataError} if its index is damaged or not the one the manifest lists.
 */
export async function openTree(
  snapshot: CheckedSnapshot,
  file: ManifestFile,
  cache: ChunkCache,
): Promise<PxarAccessor> {
  const index = await snapshot.readIndex(file);
  return await PxarAccessor.open(new CachedStream(index, cache, file.cryptMode === "encrypt"));
}
