import type { DatastoreConfig } from "../config/mod.ts";
import { EndpointLimits, type S3Endpoint } from "../endpoints/mod.ts";
import { ServerJobs } from "../jobs/mod.ts";
import { type DatastoreUse, type OfferedDatastore, OfferedDatastores } from "../state/mod.ts";
import { RequestStatistics } from "../statistics/mod.ts";
import { TaskRegistry } from "../tasks/mod.ts";
import type { JobHost } from "./job_host.ts";

/** Surroundings of jobs that run without a server. */
export interface StandaloneJobsOptions {
  /** The server's folder. */
  readonly folder: string;
  /** The datastores that it would serve. */
  readonly configs: readonly DatastoreConfig[];
  /** S3 endpoints that they refer to. */
  readonly endpoints: readonly S3Endpoint[];
  /** Folder where the server keeps logs. */
  readonly logFolder: string;
  /** Gets the lines of logs. */
  readonly shown: (line: string, isProblem: boolean) => void;
}

/** Stands in for a server where a command runs a job, whether a server is running or not. */
export class StandaloneJobs implements JobHost, AsyncDisposable {
  readonly tasks: TaskRegistry;
  readonly jobs: ServerJobs;
  readonly #datastores: OfferedDatastores;
  readonly #statistics: RequestStatistics;

  constructor({ folder, configs, endpoints, logFolder, shown }: StandaloneJobsOptions) {
    this.#statistics = new RequestStatistics(folder);
    this.jobs = new ServerJobs({ folder });
    this.tasks = new TaskRegistry(`${logFolder}/tasks`, { isGuest: true, shown });
    this.#datastores = new OfferedDatastores(configs, endpoints, new EndpointLimits());
  }

  /** See {@linkcode JobHost.datastore}. */
  datastore(name: string, use: DatastoreUse): OfferedDatastore {
    return this.#datastores.find(name, use);
  }

  /** Closes the datastores. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#datastores.countRequests(this.#statistics).catch(() => {});
    await this.#datastores[Symbol.asyncDispose]();
  }
}
