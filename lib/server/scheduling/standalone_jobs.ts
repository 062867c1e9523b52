import type { DatastoreConfig } from "../config/mod.ts";
import { ServerJobs } from "../jobs/mod.ts";
import { type DatastoreUse, type OfferedDatastore, OfferedDatastores } from "../state/mod.ts";
import { TaskRegistry } from "../tasks/mod.ts";
import type { JobHost } from "./job_host.ts";

/** Stands in for a server where a command runs a job, whether a server is running or not. */
export class StandaloneJobs implements JobHost, Disposable {
  readonly tasks: TaskRegistry;
  readonly jobs: ServerJobs;
  readonly #datastores: OfferedDatastores;

  /**
   * @param folder The server's folder.
   * @param configs The datastores that it would serve.
   * @param logFolder Where it keeps logs.
   * @param shown Gets the lines of logs.
   */
  constructor(
    folder: string,
    configs: readonly DatastoreConfig[],
    logFolder: string,
    shown: (line: string, isProblem: boolean) => void,
  ) {
    this.jobs = new ServerJobs({ folder });
    this.tasks = new TaskRegistry(`${logFolder}/tasks`, { isGuest: true, shown });
    this.#datastores = new OfferedDatastores(configs);
  }

  /** See {@linkcode JobHost.datastore}. */
  datastore(name: string, use: DatastoreUse): OfferedDatastore {
    return this.#datastores.find(name, use);
  }

  /** Closes the datastores. */
  [Symbol.dispose](): void {
    this.#datastores[Symbol.dispose]();
  }
}
