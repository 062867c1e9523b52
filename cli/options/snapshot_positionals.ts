import type { Parameter } from "../command.ts";

/** A positional that names a snapshot. */
export const SNAPSHOT_POSITIONAL: Parameter = {
  name: "snapshot",
  type: { kind: "string" },
  required: true,
  completion: "snapshot",
  description:
    "Snapshot: type/id/time, e.g. host/web1/2026-03-05T01:00:00Z, or type/id/latest for " +
    "the newest finished one.",
};

/** A positional that names a snapshot, or a group and with it its newest one. */
export const GROUP_OR_SNAPSHOT_POSITIONAL: Parameter = {
  ...SNAPSHOT_POSITIONAL,
  completion: "group-or-snapshot",
  description:
    "Snapshot type/id/time; group type/id, or type/id/latest, for the newest finished one.",
};

/** A positional that names a group. */
export const GROUP_POSITIONAL: Parameter = {
  name: "group",
  type: { kind: "string" },
  required: true,
  completion: "group",
  description: "Group of snapshots: type/id, e.g. host/web1.",
};
