import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import { checkManifestOf, decodeManifestBlob, verifyIndex } from "../manifest/mod.ts";
import {
  archiveKind,
  type BackupSnapshot,
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
  type Repository,
} from "../repository/mod.ts";

/** A snapshot with the namespace it is in. */
export interface PlacedSnapshot extends BackupSnapshot {
  readonly namespace: string;
}

/** Indexes of a snapshot. */
export interface SnapshotIndexes {
  readonly indexes: readonly ChunkIndex[];
  /** Sum of the sizes of all its archives and blobs, bytes. */
  readonly size: number;
  /** Of that what is in chunks. */
  readonly chunkedSize: number;
}

/**
 * The indexes of a snapshot, compared with its manifest. No key is needed: neither is encrypted.
 *
 * @returns undefined if the snapshot has vanished meanwhile.
 * @throws {CorruptDataError} if one is damaged; names it.
 */
export async function fetchIndexes(
  repository: Pick<Repository, "openSnapshot">,
  { namespace, ...snapshot }: PlacedSnapshot,
): Promise<SnapshotIndexes | undefined> {
  const at = namespace === "" ? "" : ` of namespace ${namespace}`;
  const label = `snapshot ${formatSnapshotPath(snapshot)}${at}`;
  let hasManifest = false;
  try {
    await using source = await repository.openSnapshot(namespace, snapshot);
    const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
    hasManifest = true;
    checkManifestOf(manifest, snapshot);
    const indexes: ChunkIndex[] = [];
    for (const file of manifest.files) {
      const kind = archiveKind(file.filename);
      if (kind === "blob" || kind === undefined) continue;
      const bytes = await source.readFile(file.filename);
      const index = kind === "fixed"
        ? parseFixedIndex(bytes, file.filename)
        : parseDynamicIndex(bytes, file.filename);
      verifyIndex(file, index);
      indexes.push(index);
    }
    return {
      indexes,
      size: manifest.files.reduce((sum, file) => sum + file.size, 0),
      chunkedSize: indexes.reduce((sum, index) => sum + index.size, 0),
    };
  } catch (error) {
    if (error instanceof NotFoundError && !hasManifest) return undefined;
    if (!(error instanceof CorruptDataError || error instanceof NotFoundError)) throw error;
    throw new CorruptDataError(`${label}: ${error.message}`, { cause: error });
  }
}
