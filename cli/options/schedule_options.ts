import type { Parameter } from "../command.ts";

/** The name of a job. */
export const JOB_NAME_POSITIONAL: Parameter = {
  name: "name",
  type: { kind: "string" },
  required: true,
  description: "Name of the job: letters, digits, - and _.",
};

/** Place of jobs: which system, and whose. */
export const JOB_PLACE_OPTIONS: readonly Parameter[] = [
  {
    name: "root",
    type: { kind: "string" },
    completion: "file-name",
    description: "Directory that stands for /; the running system is not told of anything then.",
  },
  {
    name: "user",
    type: { kind: "boolean" },
    default: false,
    description: "The user's own jobs instead of those of the system.",
  },
  {
    name: "with",
    type: { kind: "enum", values: ["systemd", "cron"] },
    description: "What starts the jobs; systemd where it runs, else cron.",
  },
];
