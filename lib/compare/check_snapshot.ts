import type { CryptConfig } from "../crypto/mod.ts";
import { CheckedSnapshot, type ReadingObserver } from "../reading/mod.ts";
import { formatSnapshotPath, MANIFEST_BLOB_NAME, type SnapshotSource } from "../repository/mod.ts";
import { named } from "./_with_name.ts";

/**
 * Checks the manifest of one of the snapshots that are compared.
 *
 * @param crypt Absent if there is no key.
 * @throws {CorruptDataError} if it is damaged; says of which snapshot. {KeyError} if it was made with
 *   another key.
 */
export async function checkSnapshot(
  source: SnapshotSource,
  crypt: CryptConfig | undefined,
  observer: ReadingObserver,
): Promise<CheckedSnapshot> {
  return await named(
    `snapshot ${formatSnapshotPath(source.snapshot)}`,
    () => CheckedSnapshot.open(source, crypt, MANIFEST_BLOB_NAME, observer),
  );
}
