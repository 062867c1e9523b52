import { BYTE_SIZE_FORMAT } from "../arguments/byte_size_format.ts";
import { GROUP_FILTER_OPTION } from "./group_filter_option.ts";
import type { Parameter } from "../command.ts";
import { COMMENT_OPTION, PLACE_OPTIONS, SCHEDULE_OPTION } from "./job_parameters.ts";

function limit(name: string, description: string): Parameter {
  return {
    name,
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description,
  };
}

function flag(name: string, description: string): Parameter {
  return { name, type: { kind: "boolean" }, description };
}

/** Properties of jobs that pull from another server or push to it. */
export const SYNC_JOB_OPTIONS: readonly Parameter[] = [
  ...PLACE_OPTIONS,
  {
    name: "remote",
    type: { kind: "string" },
    description: "The other server, by the name it has here; this one if absent.",
  },
  {
    name: "remote-store",
    type: { kind: "string" },
    description: "Datastore of the other server.",
  },
  {
    name: "remote-ns",
    type: { kind: "string" },
    description: "Namespace of that datastore; the root if absent.",
  },
  {
    name: "sync-direction",
    type: { kind: "enum", values: ["pull", "push"] },
    description: "Whether it fetches from the other server, which is usual, or sends to it.",
  },
  {
    name: "owner",
    type: { kind: "string" },
    description: "Who gets the groups that a pull makes, root@pam if absent; " +
      "whose groups alone are pushed, all if absent.",
  },
  flag("remove-vanished", "Whether to remove from the target what is gone from the source."),
  GROUP_FILTER_OPTION,
  {
    name: "transfer-last",
    type: { kind: "integer", minimum: 1 },
    description: "Only the newest so many snapshots of each group.",
  },
  flag("encrypted-only", "Whether to leave out snapshots that are not encrypted."),
  flag("verified-only", "Whether to leave out snapshots that are not verified."),
  flag("resync-corrupt", "Whether to fetch again what a verification here has found bad."),
  {
    name: "worker-threads",
    type: { kind: "integer", minimum: 1, maximum: 32 },
    description: "Groups at a time; one if absent.",
  },
  limit("rate-in", "Bytes per second received at most, with a unit such as MB or MiB."),
  limit("burst-in", "Bytes that may be received in a burst before the rate applies."),
  limit("rate-out", "Bytes per second sent at most."),
  limit("burst-out", "Bytes that may be sent in a burst before the rate applies."),
  SCHEDULE_OPTION,
  COMMENT_OPTION,
];
