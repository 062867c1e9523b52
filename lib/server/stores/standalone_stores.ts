import { setTimeout as delay } from "node:timers/promises";
import { DatastoreAdministration } from "../config/mod.ts";
import { EndpointLimits, S3Endpoints } from "../endpoints/mod.ts";
import { ServerJobs } from "../jobs/mod.ts";
import { RequestStatistics } from "../statistics/mod.ts";
import { type StartedTask, TaskRegistry } from "../tasks/mod.ts";
import type { ActiveTask, StoreHost, StoreWork } from "./store_host.ts";

/** Time between two looks at what another process has running. */
const LOOK_AGAIN_MS = 500;

/** Stands in for a server where a command creates or removes a datastore, whether one is running or not. */
export class StandaloneStores implements StoreHost {
  readonly administration: DatastoreAdministration;
  readonly endpoints: S3Endpoints;
  readonly limits: EndpointLimits = new EndpointLimits();
  readonly jobs: ServerJobs;
  readonly statistics: RequestStatistics;
  readonly tasks: TaskRegistry;

  /**
   * @param folder The server's folder.
   * @param logFolder Where it keeps logs.
   * @param shown Gets the lines of logs.
   */
  constructor(
    folder: string,
    logFolder: string,
    shown: (line: string, isProblem: boolean) => void,
  ) {
    this.administration = new DatastoreAdministration(folder);
    this.endpoints = new S3Endpoints(folder);
    this.jobs = new ServerJobs({ folder });
    this.statistics = new RequestStatistics(folder);
    this.tasks = new TaskRegistry(`${logFolder}/tasks`, { isGuest: true, shown });
  }

  /** Starts work on a datastore as a task, whose log a server finds. */
  start(workerType: string, store: string, work: (task: StoreWork) => Promise<void>): StartedTask {
    return this.tasks.start({ workerType, workerId: store, authId: "root@pam" }, work);
  }

  /** Nothing: work on a datastore counts what it asks itself. */
  countRequests(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing: a server that runs reads its files again before its next request. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** See {@linkcode StoreHost.activeTasks}: those of a server that runs. */
  activeTasks(store: string): ActiveTask[] {
    return this.tasks.runningElsewhere()
      .filter(({ workerId }) => workerId === store || workerId.startsWith(`${store}:`))
      .map(({ workerType }) => ({ workerType, ended: delay(LOOK_AGAIN_MS) }));
  }
}
