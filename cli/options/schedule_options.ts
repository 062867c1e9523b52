import { CAPABILITY_FORMAT } from "../arguments/capability_format.ts";
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

/** Rights of a job, and how it is started. */
export const JOB_SERVICE_OPTIONS: readonly Parameter[] = [
  {
    name: "capability",
    type: { kind: "string", format: CAPABILITY_FORMAT },
    repeatable: true,
    description: "Further privilege for a service of the system: CAP_SYS_ADMIN lets it read " +
      "attributes called trusted.*, which only overlay and cluster file systems use.",
  },
  {
    name: "dry-run",
    type: { kind: "boolean" },
    default: false,
    description: "Show the files, write nothing.",
  },
  {
    name: "persistent",
    type: { kind: "boolean" },
    default: true,
    description: "Make up for a run that was missed; systemd only.",
  },
  {
    name: "program",
    type: { kind: "string" },
    completion: "file-name",
    description: "Path of this program; the one that runs now if absent.",
  },
  {
    name: "run-as",
    type: { kind: "string" },
    description: "User that the job of the system runs as; root if absent. Gets the privilege " +
      "to read all files for a backup.",
  },
];
