import type { Repository, RepositoryAddress } from "../../lib/repository/mod.ts";
import type { OpeningContext, RepositoryOpener } from "./repository_opener.ts";

/** The repositories this machine can reach. */
export const systemRepositories: RepositoryOpener = {
  async open(address: RepositoryAddress, context: OpeningContext): Promise<Repository> {
    if (address.kind === "server") {
      const { openServer } = await import("./open_server.ts");
      return await openServer(address, context);
    }
    if (address.kind === "bucket") {
      const { openNamedBucket } = await import("./open_named_bucket.ts");
      return (await openNamedBucket(address, context)).repository;
    }
    return await openLocalRepository(address.path, context);
  },
};

/**
 * Opens a datastore directory.
 *
 * @throws {NotFoundError} if there is none and it is not to be created.
 */
export async function openLocalRepository(
  path: string,
  { create = false, output }: Pick<OpeningContext, "create" | "output">,
): Promise<Repository> {
  const { Datastore, LocalRepository } = await import("../../lib/datastore/mod.ts");
  const { ChunkFolderMessages } = await import("../output/chunk_folder_messages.ts");
  if (!create) {
    const datastore = Datastore.open(path);
    return new LocalRepository(datastore, { chunkFolders: new ChunkFolderMessages(output) });
  }
  const { datastore, isNew } = Datastore.openOrCreate(path);
  if (isNew) output.log("info", "The datastore is new, its folders are made beside the backup");
  return new LocalRepository(datastore, { chunkFolders: new ChunkFolderMessages(output) });
}
