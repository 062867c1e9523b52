import type { ServerJobs } from "../jobs/mod.ts";
import type { DatastoreUse, OfferedDatastore } from "../state/mod.ts";
import type { TaskRegistry } from "../tasks/mod.ts";

/** A server, or what stands in for one, as far as jobs need it. */
export interface JobHost {
  readonly tasks: TaskRegistry;
  readonly jobs: ServerJobs;
  /** Finds a datastore. */
  datastore(name: string, use: DatastoreUse): OfferedDatastore;
}
