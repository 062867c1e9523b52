import type { SyncLevel } from "../../datastore/mod.ts";
import type { ListenAddress } from "./listen_address.ts";
import type { AccessRule, AccountConfig } from "../access/mod.ts";

/** Why a datastore may not be used as usual (spec: protocol.md §7.2). */
export interface Maintenance {
  readonly type: "read-only" | "offline";
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
  /** Calendar event by which garbage is collected. */
  readonly gcSchedule?: string;
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
