import type { Parameter } from "../command.ts";
import { DELETE_PROPERTY_OPTION } from "./job_parameters.ts";

/** Properties of datastores that can be changed. */
export const DATASTORE_OPTIONS: readonly Parameter[] = [
  {
    name: "comment",
    type: { kind: "string", maxLength: 128 },
    description: "A comment of one line.",
  },
  {
    name: "gc-schedule",
    type: { kind: "string" },
    description: "When its garbage is collected, as a calendar event.",
  },
  {
    name: "verify-new",
    type: { kind: "boolean" },
    description: "Whether each backup is verified when it has finished.",
  },
  {
    name: "maintenance-mode",
    type: { kind: "string" },
    description: "read-only or offline, and then ,message=TEXT.",
  },
  {
    name: "tuning",
    type: { kind: "string" },
    description: "With commas between them: sync-level=LEVEL, gc-atime-cutoff=MINUTES, " +
      "gc-atime-safety-check=BOOL.",
  },
  {
    name: "notification-thresholds",
    type: { kind: "string" },
    description: "In a bucket: numbers above which somebody is told, as s3-put=NUMBER," +
      "s3-upload=SIZE.",
  },
  {
    name: "counter-reset-schedule",
    type: { kind: "string" },
    description: "In a bucket: when requests are counted anew, as a calendar event.",
  },
];

/** The same with one that removes properties. */
export const DATASTORE_UPDATE_OPTIONS: readonly Parameter[] = [
  ...DATASTORE_OPTIONS,
  DELETE_PROPERTY_OPTION,
];
