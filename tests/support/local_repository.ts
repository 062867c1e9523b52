import { Datastore, type DatastoreOptions, LocalRepository } from "../../lib/datastore/mod.ts";
import { TempDir } from "./temp_dir.ts";

/** Where short-lived datastores of tests are kept. */
const PARENT = "/dev/shm";

/** Runs `body` on a new datastore directory that is removed afterwards. */
export async function withLocalRepository(
  body: (repository: LocalRepository) => Promise<void>,
  options: DatastoreOptions = {},
): Promise<void> {
  await using folder = await TempDir.make(PARENT);
  const datastore = Datastore.create(`${folder.path}/store`, {
    chunkFoldersOnDemand: true,
    syncLevel: "none",
    ...options,
  });
  await using repository = new LocalRepository(datastore);
  await body(repository);
}
