import type { ParameterSchemas, ParameterValues } from "../api/mod.ts";
import { type SectionJob, syncPlaces } from "../jobs/mod.ts";

/** Parameter of lists of sync jobs; all are meant if it is absent. */
export const DIRECTION_FILTER: ParameterSchemas = {
  "sync-direction": { kind: "string", values: ["all", "pull", "push"], optional: true },
};

/** Whether a job has the direction that a list is asked for; other jobs have none. */
export function hasDirection(job: SectionJob, values: ParameterValues): boolean {
  const wanted = values.optionalText("sync-direction") ?? "all";
  return job.kind !== "sync" || wanted === "all" || syncPlaces(job).direction === wanted;
}
