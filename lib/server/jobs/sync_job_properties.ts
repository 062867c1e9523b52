import { parseByteSize } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { parseGroupFilter } from "../../filters/mod.ts";
import {
  AUTH_ID,
  BOOLEAN,
  CALENDAR_EVENT,
  COMMENT,
  NS,
  optional,
  type ParameterSchema,
  type ParameterSchemas,
  STORE,
} from "../api/mod.ts";
import type { JobProperties } from "./job_properties.ts";
import { MAX_DEPTH, THREADS } from "./job_schemas.ts";

const BYTES: ParameterSchema = {
  kind: "string",
  minLength: 1,
  maxLength: 64,
  refuse: (text) => {
    const size = parseByteSize(text);
    if (typeof size === "string") return `"${text}" is not a number of bytes: ${size}`;
    return size < 1 ? `"${text}" is less than a byte` : undefined;
  },
  optional: true,
};

const GROUP_FILTERS: ParameterSchema = {
  kind: "array",
  items: {
    kind: "string",
    maxLength: 1100,
    // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
    pattern: /^[^\x00-\x1f\x7f]*$/,
    refuse: (text) => {
      try {
        parseGroupFilter(text);
        return undefined;
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
    },
  },
  optional: true,
};

/** Parameters that jobs, `pull` and `push` have in common. */
export const SYNC_PARAMETERS: ParameterSchemas = {
  "burst-in": BYTES,
  "burst-out": BYTES,
  "encrypted-only": optional(BOOLEAN),
  "group-filter": GROUP_FILTERS,
  "max-depth": MAX_DEPTH,
  "ns": NS,
  "rate-in": BYTES,
  "rate-out": BYTES,
  // Names of remotes have the form of those of datastores.
  "remote": optional(STORE),
  "remote-ns": NS,
  "remote-store": STORE,
  "remove-vanished": optional(BOOLEAN),
  "store": STORE,
  "transfer-last": { kind: "integer", minimum: 1, optional: true },
  "verified-only": optional(BOOLEAN),
  "worker-threads": THREADS,
};

/** Properties of a sync job. */
export const SYNC_JOB_PROPERTIES: ParameterSchemas = {
  ...SYNC_PARAMETERS,
  "comment": COMMENT,
  "owner": optional(AUTH_ID),
  "resync-corrupt": optional(BOOLEAN),
  // Datastores that come and go are not served: kept for files of other servers.
  "run-on-mount": optional(BOOLEAN),
  "schedule": optional(CALENDAR_EVENT),
  "sync-direction": { kind: "string", values: ["pull", "push"], optional: true },
  "unmount-on-done": optional(BOOLEAN),
};

/** Fault of the properties of a sync job that are right each for itself; undefined if there is none. */
export function refuseSyncJob(properties: JobProperties): string | undefined {
  const isPush = properties["sync-direction"] === "push";
  if (isPush && properties["remote"] === undefined) return 'a job that pushes needs a "remote"';
  if (isPush && properties["resync-corrupt"] === true) {
    return '"resync-corrupt" is for jobs that pull: what is stored elsewhere is repaired there';
  }
  return undefined;
}
