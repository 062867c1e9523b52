import {
  BOOLEAN,
  CALENDAR_EVENT,
  COMMENT,
  KEEP,
  NS,
  optional,
  type ParameterSchemas,
  STORE,
} from "../api/mod.ts";
import type { JobProperties } from "./job_properties.ts";
import { MAX_DEPTH, THREADS } from "./job_schemas.ts";
import { refuseSyncJob, SYNC_JOB_PROPERTIES } from "./sync_job_properties.ts";

/** A kind of jobs that have sections of their own. */
export type JobKind = "prune" | "sync" | "verify";

/** All of them. */
export const SECTION_KINDS: readonly JobKind[] = ["prune", "sync", "verify"];

/** Rules for the jobs of a kind. */
export interface JobKindRules {
  /** Name of the file. */
  readonly file: string;
  /** Words in front of a section's name, and what each says about a job. */
  readonly sections: Readonly<Record<string, JobProperties>>;
  /** The word for a job. */
  readonly section: (properties: JobProperties) => string;
  /** Type of the tasks. */
  readonly workerType: string;
  /** Properties in their order in the file. */
  readonly properties: ParameterSchemas;
  /** Fault of properties that are right each for itself; undefined if there is none. */
  readonly refuse?: (properties: JobProperties) => string | undefined;
}

/** The kinds with files and names as the reference has them. */
export const JOB_KINDS: Readonly<Record<JobKind, JobKindRules>> = {
  prune: {
    file: "prune.cfg",
    sections: { prune: {} },
    section: () => "prune",
    workerType: "prunejob",
    properties: {
      "comment": COMMENT,
      "disable": optional(BOOLEAN),
      ...KEEP,
      "max-depth": MAX_DEPTH,
      "ns": NS,
      "schedule": CALENDAR_EVENT,
      "store": STORE,
    },
  },
  sync: {
    file: "sync.cfg",
    // Jobs of both directions are in one file, and told apart by these words.
    sections: { "sync": {}, "sync-push": { "sync-direction": "push" } },
    section: (properties) => properties["sync-direction"] === "push" ? "sync-push" : "sync",
    workerType: "syncjob",
    properties: SYNC_JOB_PROPERTIES,
    refuse: refuseSyncJob,
  },
  verify: {
    file: "verification.cfg",
    sections: { verification: {} },
    section: () => "verification",
    workerType: "verificationjob",
    properties: {
      "comment": COMMENT,
      "disable": optional(BOOLEAN),
      "ignore-verified": optional(BOOLEAN),
      "max-depth": MAX_DEPTH,
      "ns": NS,
      "outdated-after": { kind: "integer", minimum: 0, optional: true },
      // How many threads there are is for the machine to say; kept for files of other servers.
      "read-threads": THREADS,
      "schedule": optional(CALENDAR_EVENT),
      "store": STORE,
      "verify-threads": THREADS,
    },
  },
};
