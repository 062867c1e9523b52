import { Datastore, destroyDatastore } from "../../datastore/mod.ts";
import { ConflictError, NotFoundError } from "../../errors/mod.ts";
import type { DatastoreConfig } from "../config/mod.ts";
import { jobPlace, SECTION_KINDS } from "../jobs/mod.ts";
import { removeBucketStore } from "./bucket_store.ts";
import type { StoreHost, StoreWork } from "./store_host.ts";

/** How to remove a datastore. */
export interface DatastoreRemoval {
  /** Whether its data is destroyed; else it can be taken over later. */
  readonly destroyData: boolean;
  /** Whether jobs and roles that are about it stay. */
  readonly keepJobs: boolean;
}

/**
 * Removes a datastore from the configuration, and its data if that is wanted. If that fails in between,
 * the datastore stays in the maintenance mode `delete`, and can be removed again.
 *
 * @throws {ConflictError} if it is being used.
 * @throws {NotFoundError} if the configuration does not have it.
 */
export async function removeDatastore(
  host: StoreHost,
  name: string,
  { destroyData, keepJobs }: DatastoreRemoval,
  work: StoreWork,
): Promise<void> {
  requireUnused(host, name, work);
  const { administration } = host;
  const before = await administration.setMaintenance(name, { type: "delete", message: "" });
  await host.refresh();
  try {
    requireUnused(host, name, work);
  } catch (error) {
    await administration.setMaintenance(name, before);
    throw error;
  }
  const { backend, ...config } = await administration.find(name);
  if (backend !== undefined) {
    await removeBucketStore(host, { ...config, backend }, destroyData, work);
  } else if (destroyData) await destroyFolder(config, work);
  if (!keepJobs) await removeJobs(host, name);
  await administration.remove(name, !keepJobs);
  await host.refresh();
  if (backend === undefined) return;
  await host.countRequests();
  await host.statistics.remove({ ...backend, store: name });
}

/** @throws {ConflictError} if tasks are working on a datastore. */
export function requireUnused(host: StoreHost, name: string, { id }: Pick<StoreWork, "id">): void {
  if (host.activeTasks(name, id).length === 0) return;
  throw new ConflictError("datastore is currently in use");
}

async function destroyFolder(
  { path }: Pick<DatastoreConfig, "path">,
  work: StoreWork,
): Promise<void> {
  let datastore: Datastore;
  try {
    datastore = Datastore.open(path);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // An earlier removal has come so far.
    return work.log(`there is no data: ${error.message}`, true);
  }
  using opened = datastore;
  await destroyDatastore(opened, work);
}

async function removeJobs({ jobs }: StoreHost, name: string): Promise<void> {
  for (const kind of SECTION_KINDS) {
    for (const job of (await jobs.files.list(kind)).jobs) {
      if (jobPlace(job).store === name) await jobs.remove(kind, job.id);
    }
  }
  await jobs.states.remove(`gc-${name}`);
}
