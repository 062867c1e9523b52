import { UsageError } from "../../lib/errors/mod.ts";
import type { JobEntry, KeyValues, RepositoryEntry } from "../configuration/jobs_file.ts";
import type { Environment } from "../environment.ts";
import { shellWord } from "../output/shell_word.ts";

/** A variable of a command that a job stands for. */
export interface JobVariable {
  readonly name: string;
  readonly value: string;
  /** Whether the value is the name of a file in the folder of credentials. */
  readonly isCredential: boolean;
}

const SUFFIXES = ["", "_FD", "_FILE", "_CMD"];
/** Variables that say what a file of jobs says; it is whole without them. */
export const SAID_BY_FILE: readonly string[] = [
  "PBS_AUTH_ID",
  "PBS_DATASTORE",
  "PBS_NAMESPACE",
  "PBS_PORT",
  "PBS_SERVER",
  "PBS_WARNINGS_EXIT",
  ...SUFFIXES.map((suffix) => `PBS_REPOSITORY${suffix}`),
  ...SUFFIXES.map((suffix) => `PBS_FINGERPRINT${suffix}`),
];

/** The variables of a job's commands on one repository. */
export function jobVariables(job: JobEntry, repository: RepositoryEntry): JobVariable[] {
  const fingerprint = repository.keys.text("fingerprint");
  const accessKey = repository.keys.text("s3-access-key");
  const keySource = hasSecret(job.keys, "key-password") ? job.keys : repository.keys;
  return [
    ...(fingerprint === undefined
      ? []
      : [{ name: "PBS_FINGERPRINT", value: fingerprint, isCredential: false }]),
    ...secretVariable("PBS_PASSWORD", "password", repository.keys),
    ...(accessKey === undefined
      ? []
      : [{ name: "PBS_S3_ACCESS_KEY", value: accessKey, isCredential: false }]),
    ...secretVariable("PBS_S3_SECRET_KEY", "s3-secret-key", repository.keys),
    ...secretVariable("PBS_ENCRYPTION_PASSWORD", "key-password", keySource),
  ];
}

function hasSecret(keys: KeyValues, key: string): boolean {
  return ["file", "command", "credential"].some((form) =>
    keys.text(`${key}-${form}`) !== undefined
  );
}

function secretVariable(variable: string, key: string, keys: KeyValues): JobVariable[] {
  const forms = [["file", "_FILE"], ["command", "_CMD"], ["credential", "_FILE"]] as const;
  return forms.flatMap(([form, suffix]) => {
    const value = keys.text(`${key}-${form}`);
    if (value === undefined) return [];
    const text = form === "command" ? commandOf(value) : value;
    return [{ name: variable + suffix, value: text, isCredential: form === "credential" }];
  });
}

/** A command for the variable, which is split into words and started without a shell. */
function commandOf(line: string): string {
  return /^[\w@%+=:,./ -]+$/.test(line) ? line : `/bin/sh -c ${shellWord(line)}`;
}

/**
 * The environment of a command that a job stands for: that of the process, but for what the file says.
 *
 * @throws {UsageError} if a credential is needed, and no service manager has handed over any.
 */
export function jobCommandEnvironment(
  base: Environment,
  variables: readonly JobVariable[],
): Environment {
  const own = new Map<string, string>();
  const hidden = new Set(SAID_BY_FILE);
  for (const { name, value, isCredential } of variables) {
    const family = name.replace(/_(?:FILE|CMD)$/, "");
    for (const suffix of SUFFIXES) hidden.add(family + suffix);
    own.set(name, isCredential ? credentialPath(base, value) : value);
  }
  return { get: (name) => own.get(name) ?? (hidden.has(name) ? undefined : base.get(name)) };
}

function credentialPath(environment: Environment, name: string): string {
  const folder = environment.get("CREDENTIALS_DIRECTORY");
  if (folder) return `${folder}/${name}`;
  throw new UsageError(
    `the credential '${name}' is there only in a service that gets it: start the job by its service`,
  );
}
