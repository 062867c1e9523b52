import type { Parameter } from "../command.ts";

/** A job of the server. */
export const JOB_ARGUMENT: Parameter = {
  name: "id",
  type: { kind: "string" },
  required: true,
  description: "Name of the job.",
};

/** A datastore of the server. */
export const STORE_ARGUMENT: Parameter = {
  name: "store",
  type: { kind: "string" },
  required: true,
  description: "Name of the datastore.",
};

/** Option for datastores that are not in the configuration, as `serve` has it. */
export const SERVED_DATASTORE_OPTION: Parameter = {
  name: "datastore",
  type: { kind: "string" },
  repeatable: true,
  description: "A datastore as NAME=PATH, in addition to those of the configuration.",
};

/** When something runs. */
export const SCHEDULE_OPTION: Parameter = {
  name: "schedule",
  type: { kind: "string" },
  description: "When it runs, as a calendar event such as 'mon..fri 02:30'.",
};

/** Option of updates that removes properties. */
export const DELETE_PROPERTY_OPTION: Parameter = {
  name: "delete",
  type: { kind: "string" },
  repeatable: true,
  description: "A property to remove, such as comment.",
};

/** The same options, some of which have to be given. */
export function requiring(options: readonly Parameter[], names: readonly string[]): Parameter[] {
  return options.map((option) =>
    names.includes(option.name) ? { ...option, required: true } : option
  );
}

/** Options for the place that a job works on. */
export const PLACE_OPTIONS: readonly Parameter[] = [
  {
    name: "store",
    type: { kind: "string" },
    description: "Datastore that it works on.",
  },
  {
    name: "ns",
    type: { kind: "string" },
    completion: "namespace",
    description: "Namespace that it begins at; the root if absent.",
  },
  {
    name: "max-depth",
    type: { kind: "integer", minimum: 0, maximum: 7 },
    description: "Levels of namespaces below; all if absent.",
  },
];

/** A remark about something in the configuration. */
export const COMMENT_OPTION: Parameter = {
  name: "comment",
  type: { kind: "string", maxLength: 128 },
  description: "A comment of one line.",
};

const COMMON_OPTIONS: readonly Parameter[] = [
  ...PLACE_OPTIONS,
  SCHEDULE_OPTION,
  COMMENT_OPTION,
  {
    name: "disable",
    type: { kind: "boolean" },
    description: "Whether it only runs when somebody starts it.",
  },
];

/** Properties of jobs that prune. */
export const PRUNE_JOB_OPTIONS: readonly Parameter[] = [
  ...COMMON_OPTIONS,
  ...["last", "hourly", "daily", "weekly", "monthly", "yearly"].map((period): Parameter => ({
    name: `keep-${period}`,
    type: { kind: "integer", minimum: 1 },
    description: period === "last"
      ? "How many of the newest snapshots to keep."
      : `How many ${period} snapshots to keep.`,
  })),
];

/** Properties of jobs that verify. */
export const VERIFY_JOB_OPTIONS: readonly Parameter[] = [
  ...COMMON_OPTIONS,
  {
    name: "ignore-verified",
    type: { kind: "boolean" },
    description: "Whether to leave out what was verified before; true if absent.",
  },
  {
    name: "outdated-after",
    type: { kind: "integer", minimum: 0 },
    description: "Days after which it is verified again all the same.",
  },
];
