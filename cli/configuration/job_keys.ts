import type { Parameter } from "../command.ts";
import { BACKUP_SPEC_FORMAT } from "../arguments/backup_spec_format.ts";
import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import { command as backup } from "../commands/backup.ts";
import { command as maintain } from "../commands/maintain.ts";
import { command as prune } from "../commands/prune.ts";
import type { TableRule } from "./table_rule.ts";

/**
 * Options of `backup` and `maintain` that a job has no use for: what repositories say, what only a process has that
 * somebody started by hand, and what `job run` decides.
 */
const NOT_IN_JOBS = [
  "auth-id",
  "backup-time",
  "datastore",
  "dry-run",
  "keyfd",
  "master-pubkey-fd",
  "ns",
  "output-format",
  "port",
  "quiet",
  "repository",
  "server",
  "verbose",
  "warnings-exit",
];

/** Options of `backup` that are keys of a job, by the same names. */
export const BACKUP_KEYS: readonly Parameter[] = backup.options.filter(({ name }) =>
  !NOT_IN_JOBS.includes(name)
);

/** Options of `maintain` that are keys of a job's table `maintain`. */
export const MAINTAIN_KEYS: readonly Parameter[] = maintain.options.filter(({ name }) =>
  !NOT_IN_JOBS.includes(name)
);

/** Options of `prune` that are keys of a job. */
export const KEEP_KEYS: readonly Parameter[] = prune.options.filter(({ name }) =>
  name.startsWith("keep-")
);

/** Keys of a job that `prune` gets as well. */
export const SHARED_KEYS: readonly string[] = BACKUP_KEYS.map(({ name }) => name).filter((name) =>
  prune.options.some((option) => option.name === name)
);

/** Keys that say where a secret is. */
function secretKeys(name: string, what: string): Parameter[] {
  return [
    {
      name: `${name}-file`,
      type: { kind: "string", minLength: 1 },
      completion: "file-name",
      description: `File with ${what}.`,
    },
    {
      name: `${name}-command`,
      type: { kind: "string", minLength: 1 },
      description: `Command for /bin/sh that prints ${what}.`,
    },
    {
      name: `${name}-credential`,
      type: { kind: "string", format: CREDENTIAL_FORMAT },
      description: `Name of the service manager's credential with ${what}.`,
    },
  ];
}

const CREDENTIAL_FORMAT = {
  name: "credential-name",
  refusal: (text: string) =>
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text)
      ? undefined
      : "a credential's name has letters, digits, dots, - and _ only",
};

const KEY_SECRET_KEYS = secretKeys("key-password", "the passphrase of the encryption key");
const KEYFILE = BACKUP_KEYS.filter(({ name }) => name === "keyfile");

const REPOSITORY: TableRule = {
  description: "A repository, and how to get into it.",
  keys: [
    ...backup.options.filter(({ name }) => name === "repository")
      .map((option) => ({ ...option, required: true })),
    ...backup.options.filter(({ name }) => name === "ns")
      .map((option) => ({ ...option, name: "namespace" })),
    {
      name: "fingerprint",
      type: {
        kind: "string",
        format: {
          name: "fingerprint",
          refusal: (text) =>
            /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$/.test(text)
              ? undefined
              : "a fingerprint has 32 pairs of hexadecimal digits with colons between them",
        },
      },
      description: "SHA-256 fingerprint of the server's certificate.",
    },
    ...secretKeys("password", "the password of the user or the secret of the API token"),
    {
      name: "s3-access-key",
      type: { kind: "string", minLength: 1 },
      description: "Access key of a bucket: a name that may be seen.",
    },
    ...secretKeys("s3-secret-key", "the secret key of a bucket"),
    ...KEYFILE,
    ...KEY_SECRET_KEYS,
  ],
};

const HOOKS: TableRule = {
  description: "Commands for /bin/sh that run around everything else.",
  keys: [
    hook("before", "Run before everything else; if one fails, nothing else is done."),
    hook("after", "Run after everything else, whatever has become of it; a failure is a warning."),
    hook("on-failure", "Run if anything has failed, before those of after."),
    {
      name: "time-limit",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      default: "1h",
      description: "How long each may take; then it and all it has started are ended.",
    },
    {
      name: "writable",
      type: { kind: "string", minLength: 1 },
      repeatable: true,
      completion: "file-name",
      description: "Folders that hooks write in: a service of the system can write in no others.",
    },
  ],
};

function hook(name: string, description: string): Parameter {
  return { name, type: { kind: "string", minLength: 1 }, repeatable: true, description };
}

const WHEN: TableRule = {
  description: "Conditions; if one is not met, the job is skipped.",
  keys: [
    {
      name: "ac-power",
      type: { kind: "boolean" },
      description: "Only while the machine is not on battery.",
    },
    {
      name: "mounted",
      type: { kind: "string", minLength: 1 },
      repeatable: true,
      completion: "file-name",
      description: "Folders on which something has to be mounted.",
    },
    {
      name: "reachable",
      type: {
        kind: "string",
        format: {
          name: "host-and-port",
          refusal: (text) =>
            /^(?:\[[0-9A-Fa-f:]+\]|[^\s:[\]]+):\d{1,5}$/.test(text)
              ? undefined
              : "write a host and a port: pbs.example.org:8007",
        },
      },
      repeatable: true,
      description: "Hosts with ports that have to take connections.",
    },
  ],
};

const MAINTAIN: TableRule = {
  description: "Maintains each repository after the backup, as the command maintain does.",
  keys: MAINTAIN_KEYS,
};

const JOB: TableRule = {
  description: "What is backed up or maintained, when, and what happens around it.",
  keys: [
    {
      name: "extends",
      type: { kind: "string" },
      description: "Job whose keys count where this one has none.",
    },
    {
      name: "repositories",
      type: { kind: "string" },
      repeatable: true,
      description: "Names of the repositories that get a snapshot each, or are maintained.",
    },
    {
      name: "sources",
      type: { kind: "string", format: BACKUP_SPEC_FORMAT },
      repeatable: true,
      description: "What to back up, as the command backup takes it: root.pxar:/",
    },
    {
      name: "schedule",
      type: { kind: "string", minLength: 1 },
      description: "When the job is due, as a calendar event: daily, 02:30, Mon..Fri 02:30.",
    },
    {
      name: "random-delay",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description: "Start up to so much later, e.g. 15m.",
    },
    {
      name: "alerts",
      type: { kind: "string" },
      repeatable: true,
      description: "Names of those who are told when the job fails, and when it works again.",
    },
    ...BACKUP_KEYS,
    ...KEY_SECRET_KEYS,
    ...KEEP_KEYS,
  ],
  tables: { hooks: HOOKS, maintain: MAINTAIN, when: WHEN },
};

/** Rules of the whole file. */
export const JOBS_FILE: TableRule = {
  description: "Jobs of pbs-client.",
  keys: [],
  tables: {
    repositories: { description: "Repositories by name.", keys: [], named: REPOSITORY },
    defaults: {
      ...JOB,
      description: "Keys that count where a job has none.",
      keys: JOB.keys.filter(({ name }) => name !== "extends"),
    },
    jobs: { description: "Jobs by name.", keys: [], named: JOB },
    alerts: {
      description: "Who is told, by name.",
      keys: [],
      named: { description: "A way to tell somebody.", keys: [], isOpaque: true },
    },
  },
};
