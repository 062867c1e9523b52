/**
 * pbs-client as a library: back up into and restore from a Proxmox Backup Server, a datastore
 * directory, or a bucket of an object store.
 *
 * A program opens a repository with {@linkcode openRepository}, makes snapshots with
 * {@linkcode BackupRepository.backup}, and looks into them or restores them through
 * {@linkcode StoredSnapshot.archive}. Nothing here prints; failures are one of the error classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openRepository } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
 * await Deno.mkdir(`${folder}/www`);
 * await Deno.writeTextFile(`${folder}/www/index.html`, "<p>Hello</p>");
 * {
 *   await using repository = await openRepository(`${folder}/store`, { create: true });
 *   const report = await repository.backup({ "www.pxar": `${folder}/www` }, { id: "web1" });
 *   assertEquals(report.files, 1);
 *   const [snapshot] = await repository.snapshots("host/web1");
 *   await using archive = snapshot!.archive("www.pxar");
 *   assertEquals((await archive.list("/")).map(({ name }) => name), ["index.html"]);
 *   await archive.restore(`${folder}/restored`);
 * }
 * assertEquals(await Deno.readTextFile(`${folder}/restored/index.html`), "<p>Hello</p>");
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

export * from "./lib/client/mod.ts";
export * from "./lib/errors/errors.ts";
export type { Situation } from "./lib/errors/mod.ts";
export type {
  ArchiveReport,
  BackupProgress,
  BackupReport,
  ChangeDetectionMode,
  LeftOut,
  PlannedArchive,
  PlannedDirectory,
} from "./lib/backup/mod.ts";
export type {
  BackupGroup,
  BackupSnapshot,
  BackupType,
  CryptMode,
  GroupInfo,
  KeepOptions,
  PruneDecision,
  SnapshotFile,
  SnapshotInfo,
  StorageStatus,
  UploadStatistics,
} from "./lib/repository/mod.ts";
export type {
  InPlaceCounts,
  InPlaceRequest,
  RestoredTree,
  RestoreReport,
  TreeChange,
} from "./lib/restore/mod.ts";
