import { CRYPT_MODES } from "../../lib/repository/mod.ts";
import {
  AUTH_ID_FORMAT,
  BYTE_SIZE_FORMAT,
  NAMESPACE_FORMAT,
  REPOSITORY_FORMAT,
  SAFE_FORMAT,
  SERVER_FORMAT,
  TIME_SPAN_FORMAT,
  UPID_FORMAT,
} from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";

/** Options of every command that uses a repository (spec: cli.md §2.2). */
export const REPOSITORY_OPTIONS: readonly Parameter[] = [
  {
    name: "repository",
    type: { kind: "string", format: REPOSITORY_FORMAT },
    completion: "repository",
    description: "Repository: the path of a datastore directory, with a slash in it, or " +
      "[[auth-id@]server[:port]:]datastore.",
  },
  {
    name: "server",
    type: { kind: "string", maxLength: 256, format: SERVER_FORMAT },
    default: "localhost",
    description: "Host name or IP address of the server. Excludes --repository.",
  },
  {
    name: "port",
    type: { kind: "integer", minimum: 1, maximum: 65535 },
    default: 8007,
    description: "Port of the server. Excludes --repository.",
  },
  {
    name: "datastore",
    type: { kind: "string", minLength: 3, maxLength: 32, format: SAFE_FORMAT },
    description: "Datastore of the server. Excludes --repository.",
  },
  {
    name: "auth-id",
    type: { kind: "string", minLength: 3, maxLength: 64, format: AUTH_ID_FORMAT },
    default: "root@pam",
    description: "User or API token to log in with. Excludes --repository.",
  },
];

/** Namespace the command works in. */
export const NAMESPACE_OPTION: Parameter = {
  name: "ns",
  type: { kind: "string", maxLength: 256, format: NAMESPACE_FORMAT },
  completion: "namespace",
  description: "Namespace; empty for the root.",
};

/** Namespace that something is moved to. */
export const TARGET_NAMESPACE_OPTION: Parameter = {
  ...NAMESPACE_OPTION,
  name: "target-ns",
  required: true,
};

/** Repository and namespace. */
export const TARGET_OPTIONS: readonly Parameter[] = [...REPOSITORY_OPTIONS, NAMESPACE_OPTION];

/** Patience with locks that other runs hold; ours. */
export const LOCK_WAIT_OPTION: Parameter = {
  name: "lock-wait",
  type: { kind: "string", format: TIME_SPAN_FORMAT },
  default: "0",
  description:
    "How long to wait for locks that other runs hold: seconds, or a time such as 5m or 1h30m.",
};

/** Form of the result on the standard output (spec: cli.md §1.7). */
export const OUTPUT_FORMAT_OPTION: Parameter = {
  name: "output-format",
  type: { kind: "enum", values: ["text", "json", "json-pretty"] },
  description: "Form of the result.",
};

/** What scripts learn of warnings by. */
export const WARNINGS_EXIT_OPTION: Parameter = {
  name: "warnings-exit",
  type: { kind: "integer", minimum: 0, maximum: 255 },
  default: 0,
  description:
    "Exit code of a run that succeeds with warnings, such as files that could not be read.",
};

/** Limits of the network's use. */
export const RATE_OPTIONS: readonly Parameter[] = [
  {
    name: "rate",
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description: "Bytes per second sent and received at most, with a unit such as MB or MiB.",
  },
  {
    name: "burst",
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description: "Bytes that may be sent in a burst before the rate applies.",
  },
];

/** Which key encrypts (spec: cli.md §5.3). */
export const KEY_OPTIONS: readonly Parameter[] = [
  {
    name: "crypt-mode",
    type: {
      kind: "enum",
      values: CRYPT_MODES,
      checkedByCommand: true,
    },
    default: "encrypt",
    description: "What the key is used for: encryption and signing, signing, or nothing.",
  },
  {
    name: "keyfile",
    type: { kind: "string" },
    completion: "file-name",
    description: "File with the encryption key.",
  },
  {
    name: "keyfd",
    type: { kind: "integer", minimum: 0 },
    description: "File descriptor to read the encryption key from.",
  },
];

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

/** A positional that names a group. */
export const GROUP_POSITIONAL: Parameter = {
  name: "group",
  type: { kind: "string" },
  required: true,
  completion: "group",
  description: "Group of snapshots: type/id, e.g. host/web1.",
};

/** A positional that names a task. */
export const UPID_POSITIONAL: Parameter = {
  name: "upid",
  type: { kind: "string", minLength: 36, format: UPID_FORMAT },
  required: true,
  description: "Identifier of the task, as `task list` shows it.",
};

/** How much a long run says. */
export const VERBOSITY_OPTIONS: readonly Parameter[] = [
  {
    name: "quiet",
    type: { kind: "boolean" },
    default: false,
    description: "Show only warnings, errors and results.",
  },
  {
    name: "verbose",
    type: { kind: "boolean" },
    default: false,
    description: "Show more, e.g. each path of a backup; like PBS_LOG=debug.",
  },
];
