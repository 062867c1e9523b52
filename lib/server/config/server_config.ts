import type { SyncLevel } from "../../datastore/mod.ts";
import type { BucketBackend } from "./datastore_backend.ts";
import type { RequestThresholds } from "./request_thresholds.ts";
import type { ListenAddress } from "./listen_address.ts";
import type { AccessRule, AccountConfig } from "../access/mod.ts";

/** Why a datastore may not be used as usual (spec: protocol.md §7.2). */
export interface Maintenance {
  readonly type: "read-only" | "offline" | "delete" | "s3-refresh";
  readonly message: string;
}

/** A datastore that a server offers. */
export interface DatastoreConfig {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly comment?: string;
  /** Whether each backup is verified when it has finished. */
  readonly verifyNew?: boolean;
  readonly syncLevel?: SyncLevel;
  readonly maintenance?: Maintenance;
  /** Time after which chunks that nobody used are garbage; default 24 h 5 min. */
  readonly gcCutoffMinutes?: number;
  /** Whether garbage collection first tests that access times work; default true. */
  readonly gcAccessTimeCheck?: boolean;
  /** Calendar event by which garbage is collected. */
  readonly gcSchedule?: string;
  /** A bucket that has the data; the path is that of the local cache then. */
  readonly backend?: BucketBackend;
  /** Numbers of requests above which somebody is told. */
  readonly thresholds?: RequestThresholds;
  /** Calendar event by which requests are counted anew. */
  readonly counterResetSchedule?: string;
}

/** Everything a server's configuration file says. */
export interface ServerConfig {
  readonly listen: ListenAddress;
  readonly datastores: readonly DatastoreConfig[];
  readonly accounts: readonly AccountConfig[];
  readonly rules: readonly AccessRule[];
  /** Folder of access log and task logs; beside the file unless given. */
  readonly logFolder?: string;
  /** How long tickets are good, seconds. */
  readonly ticketLifetimeSeconds: number;
}
