import { AuthError, CorruptDataError, NotFoundError, ServerError } from "../errors/mod.ts";
import { chunkUploadStatsOf, decodeManifestBlob } from "../manifest/mod.ts";
import {
  isFinished,
  MANIFEST_BLOB_NAME,
  type Repository,
  type SnapshotInfo,
} from "../repository/mod.ts";
import { fetchAhead } from "./_fetch_ahead.ts";

/** Requests that are under way at a time. */
const AHEAD = 8;

/**
 * Listed snapshots with what is new in them, also where the listing did not tell: the official server
 * keeps it in the manifests only, of which each is fetched once then.
 *
 * @param infos As `listSnapshots` gave them; in the same order afterwards. Those whose manifest cannot
 *   be read stay as they are.
 */
export async function fetchUploadStatistics(
  repository: Pick<Repository, "openFiles">,
  namespace: string,
  infos: readonly SnapshotInfo[],
): Promise<SnapshotInfo[]> {
  const fetch = async (info: SnapshotInfo): Promise<SnapshotInfo> => {
    // A directory has told all that there is.
    if (info.uploaded !== undefined || !isFinished(info) || repository.openFiles === undefined) {
      return info;
    }
    const { type, id, time } = info;
    try {
      await using files = repository.openFiles(namespace, { type, id, time });
      const manifest = await decodeManifestBlob(await files.readFile(MANIFEST_BLOB_NAME));
      const uploaded = chunkUploadStatsOf(manifest);
      return uploaded === undefined ? info : { ...info, uploaded };
    } catch (error) {
      if (isOfOneSnapshot(error)) return info;
      throw error;
    }
  };
  const complete: SnapshotInfo[] = [];
  for await (const [, info] of fetchAhead(infos, AHEAD, fetch)) complete.push(info);
  return complete;
}

/** Whoever may list a snapshot need not be allowed to read it, and it may be gone or damaged. */
function isOfOneSnapshot(error: unknown): boolean {
  return error instanceof AuthError || error instanceof NotFoundError ||
    error instanceof CorruptDataError || error instanceof ServerError;
}
