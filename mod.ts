/**
 * pbs-client as a library: back up into and restore from a Proxmox Backup Server or a datastore
 * directory.
 *
 * A program opens a {@linkcode Repository} ({@linkcode LocalRepository} over a {@linkcode Datastore},
 * or {@linkcode openRemoteRepository}), makes a snapshot with {@linkcode runBackup}, and reads one
 * back through `repository.openSnapshot` and {@linkcode runRestore}. Nothing here prints; runs report
 * to an observer and fail with one of the error classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Datastore, LocalRepository, newBackupProgress, runBackup } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
 * await Deno.writeTextFile(`${folder}/hosts`, "127.0.0.1 localhost\n");
 * {
 *   const datastore = Datastore.create(`${folder}/store`, { chunkFoldersOnDemand: true });
 *   await using repository = new LocalRepository(datastore);
 *   const report = await runBackup({
 *     repository,
 *     namespace: "",
 *     snapshot: { type: "host", id: "example", time: 1700000000 },
 *     archives: [{
 *       name: "hosts.conf",
 *       kind: "conf",
 *       path: new TextEncoder().encode(`${folder}/hosts`),
 *     }],
 *     excludes: [],
 *     skipLostAndFound: false,
 *     allFileSystems: false,
 *     includeDevices: [],
 *     entriesMax: 1048576,
 *     chunkSizeBytes: 4 * 1024 * 1024,
 *     dryRun: false,
 *     noCache: false,
 *     skipE2bigXattr: false,
 *     changeDetectionMode: "legacy",
 *     signal: new AbortController().signal,
 *   }, { log: () => {}, progress: newBackupProgress() });
 *   assertEquals(report.archives.length, 1);
 *   assertEquals((await repository.listSnapshots("")).length, 1);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

export * from "./lib/backup/mod.ts";
export * from "./lib/errors/mod.ts";
export * from "./lib/repository/mod.ts";
export * from "./lib/restore/mod.ts";
export {
  type CreateDatastoreOptions,
  Datastore,
  type DatastoreOptions,
  LocalRepository,
  type LocalRepositoryOptions,
} from "./lib/datastore/mod.ts";
export { createCryptConfig, CryptConfig, openKey, parseKeyFile } from "./lib/crypto/mod.ts";
