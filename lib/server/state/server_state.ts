import { setTimeout as delay } from "node:timers/promises";
import { ServerError } from "../../errors/mod.ts";
import {
  createNativeChunkChecker,
  createPlainChunkChecker,
  Datastore,
} from "../../datastore/mod.ts";
import type { ChunkChecker } from "../../datastore/mod.ts";
import type { AnswerBudget, BodyBudget } from "../memory/mod.ts";
import type { AccessControl } from "../access/mod.ts";
import type { DatastoreConfig } from "../config/mod.ts";
import type { TaskRegistry } from "../tasks/mod.ts";
import { InterruptedChunks } from "./interrupted_chunks.ts";
import type { UpgradedConnections } from "./upgraded_connections.ts";
import type { UploadInspector } from "./upload_inspector.ts";

/** Use that a call makes of a datastore: the maintenance mode may forbid it. */
export type DatastoreUse = "read" | "write";

/** A datastore and what the configuration says about it. */
export interface OfferedDatastore {
  readonly config: DatastoreConfig;
  readonly datastore: Datastore;
}

/** Parts of a server's state. */
export interface ServerParts {
  readonly configs: readonly DatastoreConfig[];
  readonly access: AccessControl;
  readonly tasks: TaskRegistry;
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
export class ServerState implements Disposable, Omit<ServerParts, "configs"> {
  readonly access: AccessControl;
  readonly tasks: TaskRegistry;
  readonly inspector: UploadInspector;
  readonly uploads: BodyBudget;
  readonly answers: AnswerBudget;
  readonly upgraded: UpgradedConnections;
  readonly instanceId: string;
  readonly delays: ServerParts["delays"];
  /** Chunks that backups had sent whose connection was lost. */
  readonly interrupted: InterruptedChunks = new InterruptedChunks();
  readonly #stopping = new AbortController();
  readonly #open = new Map<string, Datastore>();
  #configs!: ReadonlyMap<string, DatastoreConfig>;

  constructor({ configs, ...parts }: ServerParts) {
    this.access = parts.access;
    this.tasks = parts.tasks;
    this.inspector = parts.inspector;
    this.uploads = parts.uploads;
    this.answers = parts.answers;
    this.upgraded = parts.upgraded;
    this.instanceId = parts.instanceId;
    this.delays = parts.delays;
    this.configure(configs);
  }

  /** Replaces what the configuration says; open datastores stay open. */
  configure(configs: readonly DatastoreConfig[]): void {
    this.#configs = new Map(configs.map((config) => [config.name, config]));
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
    return [...this.#configs.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * A datastore that a call wants to use.
   *
   * @throws {ServerError} with 400 if there is none, or its maintenance mode forbids the use.
   */
  datastore(name: string, use: DatastoreUse): OfferedDatastore {
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

  /** A checker for a verification. */
  createChunkChecker(log: (line: string) => void): ChunkChecker {
    try {
      return createNativeChunkChecker();
    } catch (error) {
      log(`verifying without the native core, which is slower: ${(error as Error).message}`);
      return createPlainChunkChecker();
    }
  }

  /** Closes the datastores. Nothing may be running any more. */
  [Symbol.dispose](): void {
    for (const datastore of this.#open.values()) datastore[Symbol.dispose]();
    this.#open.clear();
    this.inspector[Symbol.dispose]();
  }
}
