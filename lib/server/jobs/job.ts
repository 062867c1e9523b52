import type { KeepOptions } from "../../repository/mod.ts";
import type { JobKind } from "./job_kinds.ts";
import type { JobProperties } from "./job_properties.ts";

/** A job of a kind that has sections of its own. */
export interface SectionJob {
  readonly kind: JobKind;
  readonly id: string;
  readonly properties: JobProperties;
}

/** The collection of a datastore's garbage. */
export interface CollectionJob {
  readonly kind: "gc";
  /** Name of the datastore. */
  readonly id: string;
  readonly schedule?: string | undefined;
}

/** Anything that runs by a schedule. */
export type ServerJob = SectionJob | CollectionJob;

/** Name of a job among those of all kinds, good for a file's name. */
export function jobKey({ kind, id }: Pick<ServerJob, "kind" | "id">): string {
  return `${kind}-${id}`;
}

/** Calendar event of a job; undefined if it only runs when somebody starts it. */
export function jobSchedule(job: ServerJob): string | undefined {
  if (job.kind === "gc") return job.schedule;
  const { schedule, disable } = job.properties;
  return disable === true ? undefined : schedule as string | undefined;
}

/** Datastore and namespace that a job works on. */
export function jobPlace(job: ServerJob): { store: string; namespace: string } {
  if (job.kind === "gc") return { store: job.id, namespace: "" };
  const { store, ns = "" } = job.properties;
  return { store: store as string, namespace: ns as string };
}

const RULES = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;

/** Rules of a prune job. */
export function jobKeepOptions({ properties }: SectionJob): KeepOptions {
  return Object.fromEntries(
    RULES.filter((rule) => properties[`keep-${rule}`] !== undefined)
      .map((rule) => [rule, properties[`keep-${rule}`] as number]),
  );
}
