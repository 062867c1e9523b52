import { Datastore } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import type { DatastoreConfig } from "../config/mod.ts";

/** Use that a call makes of a datastore: the maintenance mode may forbid it. */
export type DatastoreUse = "read" | "write";

/** A datastore and what the configuration says about it. */
export interface OfferedDatastore {
  readonly config: DatastoreConfig;
  readonly datastore: Datastore;
}

/** The datastores of a server, opened when they are first used. */
export class OfferedDatastores implements Disposable {
  readonly #open = new Map<string, Datastore>();
  #configs!: ReadonlyMap<string, DatastoreConfig>;

  constructor(configs: readonly DatastoreConfig[]) {
    this.configure(configs);
  }

  /** Replaces what the configuration says; open datastores stay open. */
  configure(configs: readonly DatastoreConfig[]): void {
    this.#configs = new Map(configs.map((config) => [config.name, config]));
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
    const { maintenance } = config;
    if (maintenance?.type === "offline" || (maintenance !== undefined && use === "write")) {
      const { type, message } = maintenance;
      throw new ServerError(
        400,
        `datastore '${name}' is unavailable: ${type} maintenance mode: ${message}`,
      );
    }
    let datastore = this.#open.get(name);
    if (datastore === undefined) {
      datastore = Datastore.open(config.path, {
        ...config.syncLevel === undefined ? {} : { syncLevel: config.syncLevel },
        ...config.gcCutoffMinutes === undefined
          ? {}
          : { gcCutoffSeconds: config.gcCutoffMinutes * 60 },
      });
      this.#open.set(name, datastore);
    }
    return { config, datastore };
  }

  /** Closes the datastores. Nothing may be running any more. */
  [Symbol.dispose](): void {
    for (const datastore of this.#open.values()) datastore[Symbol.dispose]();
    this.#open.clear();
  }
}
