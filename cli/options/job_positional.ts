import type { Parameter } from "../command.ts";

/** A job of the file with the jobs. */
export const JOB_POSITIONAL: Parameter = {
  name: "name",
  type: { kind: "string" },
  required: true,
  completion: "job",
  description: "Name of the job, as in [jobs.NAME].",
};
