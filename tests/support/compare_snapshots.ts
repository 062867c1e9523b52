import type { CryptConfig } from "../../lib/crypto/mod.ts";
import { type SnapshotChange, SnapshotComparison } from "../../lib/compare/mod.ts";
import { CheckedSnapshot } from "../../lib/reading/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";

/** What a comparison in this process found. */
export interface ComparedSnapshots {
  readonly changes: readonly SnapshotChange[];
  readonly chunksRead: number;
}

/** Compares two snapshots of the root namespace. */
export async function compareSnapshots(
  repository: Repository,
  before: BackupSnapshot,
  after: BackupSnapshot,
  crypt?: CryptConfig,
): Promise<ComparedSnapshots> {
  await using beforeSource = await repository.openSnapshot("", before);
  await using afterSource = await repository.openSnapshot("", after);
  const check = (source: typeof beforeSource) =>
    CheckedSnapshot.open(source, crypt, "index.json.blob", { log: () => {} });
  using comparison = new SnapshotComparison(await check(beforeSource), await check(afterSource));
  const changes = await Array.fromAsync(comparison.changes());
  return { changes, chunksRead: comparison.chunksRead };
}
