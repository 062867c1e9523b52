import { BucketDatastore } from "../../bucket/mod.ts";
import { Datastore, type DatastoreOptions } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { type DatastoreConfig, refusalOf } from "../config/mod.ts";
import {
  bucketOptions,
  type EndpointLimits,
  requireEndpoint,
  type S3Endpoint,
} from "../endpoints/mod.ts";
import { CountedBucket, type RequestStatistics } from "../statistics/mod.ts";

/** Use that a call makes of a datastore: the maintenance mode may forbid it. */
export type DatastoreUse = "read" | "write";

/** A datastore and what the configuration says about it. */
export interface OfferedDatastore {
  readonly config: DatastoreConfig;
  readonly datastore: Datastore;
}

interface OpenDatastore {
  /** Text that is another one when the datastore has to be opened anew. */
  readonly key: string;
  readonly datastore: Datastore;
  readonly bucket: CountedBucket | undefined;
}

/** The datastores of a server, opened when they are first used. */
export class OfferedDatastores implements AsyncDisposable {
  readonly #open = new Map<string, OpenDatastore>();
  /** Those of which the configuration says something else now; somebody may still be using them. */
  readonly #retired: OpenDatastore[] = [];
  readonly #limits: EndpointLimits;
  #configs!: ReadonlyMap<string, DatastoreConfig>;
  #endpoints!: readonly S3Endpoint[];

  /** @param limits Those of the endpoints, which others share. */
  constructor(
    configs: readonly DatastoreConfig[],
    endpoints: readonly S3Endpoint[],
    limits: EndpointLimits,
  ) {
    this.#limits = limits;
    this.configure(configs, endpoints);
  }

  /** Replaces what the configuration says; open datastores of which it says the same stay open. */
  configure(configs: readonly DatastoreConfig[], endpoints: readonly S3Endpoint[] = []): void {
    this.#configs = new Map(configs.map((config) => [config.name, config]));
    this.#endpoints = endpoints;
    for (const [name, open] of this.#open) {
      const config = this.#configs.get(name);
      if (config !== undefined && this.#keyOf(config) === open.key) continue;
      this.#open.delete(name);
      this.#retired.push(open);
    }
  }

  /** The configurations by name. */
  get configs(): readonly DatastoreConfig[] {
    return [...this.#configs.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * A datastore that a call wants to use.
   *
   * @throws {ServerError} with 400 if there is none, or its maintenance mode forbids the use.
   */
  find(name: string, use: DatastoreUse): OfferedDatastore {
    const config = this.#configs.get(name);
    if (config === undefined) throw new ServerError(400, `no such datastore '${name}'`);
    const refusal = config.maintenance && refusalOf(config.maintenance, use);
    if (refusal !== undefined) {
      throw new ServerError(400, `datastore '${name}' is unavailable: ${refusal}`);
    }
    const open = this.#open.get(name) ?? this.#openAs(config);
    this.#open.set(name, open);
    return { config, datastore: open.datastore };
  }

  /** Adds the requests since the last time to what is counted. */
  async countRequests(statistics: RequestStatistics): Promise<void> {
    for (const { bucket } of [...this.#open.values(), ...this.#retired]) {
      await bucket?.count(statistics);
    }
  }

  #openAs(config: DatastoreConfig): OpenDatastore {
    const { name, path, backend } = config;
    const key = this.#keyOf(config);
    const options = optionsOf(config);
    if (backend === undefined) {
      return { key, datastore: Datastore.open(path, options), bucket: undefined };
    }
    const endpoint = requireEndpoint(this.#endpoints, backend.client);
    const bucket = new CountedBucket(
      bucketOptions(endpoint, backend.bucket, this.#limits),
      { ...backend, store: name },
      config.counterResetSchedule,
    );
    const { datastore } = BucketDatastore.open(
      { objects: bucket.objects, name, cachePath: path },
      { ...options, maxCacheBytes: backend.maxCacheBytes },
    );
    return { key, datastore, bucket };
  }

  #keyOf(config: DatastoreConfig): string {
    const { path, backend } = config;
    const endpoint = backend && this.#endpoints.find(({ id }) => id === backend.client);
    return JSON.stringify([
      path,
      backend,
      endpoint,
      optionsOf(config),
      config.counterResetSchedule,
    ]);
  }

  /** Closes the datastores. Nothing may be running any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { datastore, bucket } of [...this.#open.values(), ...this.#retired.splice(0)]) {
      await datastore[Symbol.asyncDispose]();
      await bucket?.[Symbol.asyncDispose]();
    }
    this.#open.clear();
  }
}

function optionsOf(
  { syncLevel, gcCutoffMinutes, gcAccessTimeCheck }: DatastoreConfig,
): DatastoreOptions {
  return {
    ...syncLevel === undefined ? {} : { syncLevel },
    ...gcCutoffMinutes === undefined ? {} : { gcCutoffSeconds: gcCutoffMinutes * 60 },
    ...gcAccessTimeCheck === undefined ? {} : { gcAccessTimeCheck },
  };
}
