import { parseCalendarEvent } from "../../calendar/mod.ts";
import {
  BOOLEAN,
  KEEP,
  NS,
  optional,
  type ParameterSchema,
  type ParameterSchemas,
  STORE,
} from "../api/mod.ts";
import type { Privilege } from "../access/mod.ts";

/** A kind of jobs that have sections of their own. */
export type JobKind = "prune" | "verify";

/** Rules for the jobs of a kind. */
export interface JobKindRules {
  /** Name of the file. */
  readonly file: string;
  /** Word in front of a section's name. */
  readonly section: string;
  /** Type of the tasks. */
  readonly workerType: string;
  /** Privilege that changes and starts them, on what they work on. */
  readonly privilege: Privilege;
  /** Properties in their order in the file. */
  readonly properties: ParameterSchemas;
}

const CALENDAR_EVENT: ParameterSchema = {
  kind: "string",
  refuse: (text) => {
    try {
      parseCalendarEvent(text);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

const COMMENT: ParameterSchema = {
  kind: "string",
  maxLength: 128,
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  pattern: /^[^\x00-\x1f\x7f]*$/,
  optional: true,
};

const MAX_DEPTH: ParameterSchema = { kind: "integer", minimum: 0, maximum: 7, optional: true };
const THREADS: ParameterSchema = { kind: "integer", minimum: 1, maximum: 32, optional: true };

/** Name of a job. */
export const JOB_ID: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 32,
  pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
};

/** The kinds with files and names as the reference has them. */
export const JOB_KINDS: Readonly<Record<JobKind, JobKindRules>> = {
  prune: {
    file: "prune.cfg",
    section: "prune",
    workerType: "prunejob",
    privilege: "Datastore.Modify",
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
  verify: {
    file: "verification.cfg",
    section: "verification",
    workerType: "verificationjob",
    privilege: "Datastore.Verify",
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
