import { setTimeout as delay } from "node:timers/promises";
import type { AnswerBudget, BodyBudget } from "../memory/mod.ts";
import type { AccessControl } from "../access/mod.ts";
import { DatastoreAdministration, type DatastoreConfig } from "../config/mod.ts";
import { EndpointLimits, type S3Endpoint, S3Endpoints } from "../endpoints/mod.ts";
import type { ServerJobs } from "../jobs/mod.ts";
import { RequestStatistics } from "../statistics/mod.ts";
import type { ActiveTask, StoreHost } from "../stores/mod.ts";
import type { TaskRegistry } from "../tasks/mod.ts";
import { InterruptedChunks } from "./interrupted_chunks.ts";
import {
  type DatastoreUse,
  type OfferedDatastore,
  OfferedDatastores,
} from "./offered_datastores.ts";
import type { UpgradedConnections } from "./upgraded_connections.ts";
import type { UploadInspector } from "./upload_inspector.ts";

/** Parts of a server's state. */
export interface ServerParts {
  readonly configs: readonly DatastoreConfig[];
  /** S3 endpoints that datastores refer to. */
  readonly configuredEndpoints: readonly S3Endpoint[];
  /** Brings what the configuration files say into force. */
  readonly refresh: () => Promise<void>;
  readonly access: AccessControl;
  readonly tasks: TaskRegistry;
  readonly jobs: ServerJobs;
  /** Is closed with the state. */
  readonly inspector: UploadInspector;
  readonly uploads: BodyBudget;
  readonly answers: AnswerBudget;
  readonly upgraded: UpgradedConnections;
  readonly instanceId: string;
  /** How long refusals wait. */
  readonly delays: { readonly unauthorizedMs: number; readonly forbiddenMs: number };
}

/** Everything that the calls of a server share. */
export class ServerState
  implements AsyncDisposable, StoreHost, Omit<ServerParts, "configs" | "configuredEndpoints"> {
  readonly access: AccessControl;
  readonly tasks: TaskRegistry;
  readonly jobs: ServerJobs;
  readonly inspector: UploadInspector;
  readonly uploads: BodyBudget;
  readonly answers: AnswerBudget;
  readonly upgraded: UpgradedConnections;
  readonly instanceId: string;
  readonly delays: ServerParts["delays"];
  /** Chunks that backups had sent whose connection was lost. */
  readonly interrupted: InterruptedChunks = new InterruptedChunks();
  readonly administration: DatastoreAdministration;
  readonly endpoints: S3Endpoints;
  readonly limits: EndpointLimits = new EndpointLimits();
  readonly statistics: RequestStatistics;
  readonly refresh: () => Promise<void>;
  readonly #stopping = new AbortController();
  readonly #datastores: OfferedDatastores;

  constructor({ configs, configuredEndpoints, ...parts }: ServerParts) {
    const { folder } = parts.jobs.files;
    this.administration = new DatastoreAdministration(folder);
    this.endpoints = new S3Endpoints(folder);
    this.statistics = new RequestStatistics(folder);
    this.refresh = parts.refresh;
    this.access = parts.access;
    this.tasks = parts.tasks;
    this.jobs = parts.jobs;
    this.inspector = parts.inspector;
    this.uploads = parts.uploads;
    this.answers = parts.answers;
    this.upgraded = parts.upgraded;
    this.instanceId = parts.instanceId;
    this.delays = parts.delays;
    this.#datastores = new OfferedDatastores(configs, configuredEndpoints, this.limits);
  }

  /** Replaces what the configuration says; open datastores of which it says the same stay open. */
  configure(configs: readonly DatastoreConfig[], endpoints: readonly S3Endpoint[] = []): void {
    this.#datastores.configure(configs, endpoints);
  }

  /** See {@linkcode StoreHost.activeTasks}. */
  activeTasks(store: string, except?: string): ActiveTask[] {
    return this.tasks.running.filter(({ task: { id, upid: { workerId } } }) =>
      id !== except && (workerId === store || workerId.startsWith(`${store}:`))
    ).map(({ task, ended }) => ({ workerType: task.upid.workerType, ended }));
  }

  /** Adds the requests of datastores in buckets to what is counted of them. */
  async countRequests(): Promise<void> {
    await this.#datastores.countRequests(this.statistics);
  }

  /** Waits, but not longer than the server runs. */
  async delay(milliseconds: number): Promise<void> {
    const { signal } = this.#stopping;
    if (milliseconds <= 0) return;
    // Only the signal makes it fail.
    await delay(milliseconds, undefined, { signal }).catch(() => {});
  }

  /** Ends all waiting. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The datastores by name. */
  get configs(): readonly DatastoreConfig[] {
    return this.#datastores.configs;
  }

  /**
   * A datastore that a call wants to use.
   *
   * @throws {ServerError} with 400 if there is none, or its maintenance mode forbids the use.
   */
  datastore(name: string, use: DatastoreUse): OfferedDatastore {
    return this.#datastores.find(name, use);
  }

  /** Closes the datastores. Nothing may be running any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.countRequests().catch(() => {});
    await this.#datastores[Symbol.asyncDispose]();
    this.inspector[Symbol.dispose]();
  }
}
