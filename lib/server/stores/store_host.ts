import type { DatastoreAdministration } from "../config/mod.ts";
import type { EndpointLimits, S3Endpoints } from "../endpoints/mod.ts";
import type { ServerJobs } from "../jobs/mod.ts";
import type { RequestStatistics } from "../statistics/mod.ts";

/** A server, or what stands in for one, as far as creating and removing datastores needs it. */
export interface StoreHost {
  readonly administration: DatastoreAdministration;
  readonly endpoints: S3Endpoints;
  /** Limits of traffic that all who use an endpoint share. */
  readonly limits: EndpointLimits;
  readonly jobs: ServerJobs;
  readonly statistics: RequestStatistics;
  /** Adds the requests of datastores in buckets to what is counted of them. */
  countRequests(): Promise<void>;
  /** Brings what the configuration files say into force. */
  refresh(): Promise<void>;
  /**
   * Tasks that work on a datastore now.
   *
   * @param except Identifier of a task that does not count.
   */
  activeTasks(store: string, except?: string): readonly ActiveTask[];
}

/** A task that works on a datastore. */
export interface ActiveTask {
  readonly workerType: string;
  readonly ended: Promise<unknown>;
}

/** Work that is under way: it tells of itself in lines, and can be stopped. */
export interface StoreWork {
  /** Identifier of its task, which does not count as one that uses the datastore. */
  readonly id?: string;
  readonly log: (line: string, isProblem?: boolean) => void;
  readonly signal: AbortSignal;
}
