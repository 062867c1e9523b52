import { type ManifestFile, verifyBlob } from "../manifest/mod.ts";
import type { IndexCopyContext } from "./_index_copy.ts";

/** Copies a small file as it is. @throws {CorruptDataError} if it is not as the manifest says. */
export async function copyBlob(
  { count, source, target }: IndexCopyContext,
  file: ManifestFile,
): Promise<void> {
  const blob = await source.readFile(file.filename);
  verifyBlob(file, blob);
  await target.uploadBlob(file.filename, blob);
  count({ bytesDone: blob.byteLength, bytesMoved: blob.byteLength });
}
