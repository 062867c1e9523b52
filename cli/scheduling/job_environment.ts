import type { Credential, CredentialKind } from "../../lib/schedule/mod.ts";
import { CREDENTIALS } from "../../lib/schedule/mod.ts";
import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { Environment } from "../environment.ts";
import { SAID_BY_FILE } from "../jobs/job_variables.ts";

/** Variables that a job takes over from whoever installs it, if they are set. None is a secret. */
const TAKEN_OVER = [
  "ALL_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "PBS_AUTH_ID",
  "PBS_CLIENT_NATIVE",
  "PBS_DATASTORE",
  "PBS_FINGERPRINT",
  "PBS_LOG",
  "PBS_NAMESPACE",
  "PBS_PORT",
  "PBS_REPOSITORY",
  "PBS_S3_ACCESS_KEY",
  "PBS_SERVER",
  "PBS_WARNINGS_EXIT",
  "SSL_CERT_FILE",
];

/** Options by which credentials are named. */
const FILE_OPTIONS: Readonly<Record<CredentialKind, string>> = {
  "password": "password-file",
  "encryption-password": "encryption-password-file",
  "s3-secret-key": "s3-secret-key-file",
  "key": "key-file",
};

/** Secrets that are not taken over from the environment, and the credentials in their place. */
const SECRETS = {
  "PBS_PASSWORD": "password",
  "PBS_ENCRYPTION_PASSWORD": "encryption-password",
  "PBS_S3_SECRET_KEY": "s3-secret-key",
} as const;

/**
 * Variables for a job.
 *
 * @param isWhole Whether the command says itself which repository it uses, and how.
 * @throws {UsageError} if one has a password in it.
 */
export function jobEnvironment(environment: Environment, isWhole = false): [string, string][] {
  return TAKEN_OVER.flatMap((name) => {
    if (isWhole && SAID_BY_FILE.includes(name)) return [];
    const value = environment.get(name);
    if (value === undefined || value === "") return [];
    if (name.endsWith("_PROXY") && name !== "NO_PROXY" && value.includes("@")) {
      throw new UsageError(`${name} has a password, which units and crontabs would show to others`);
    }
    return [[name, value] as [string, string]];
  });
}

/**
 * The credentials that options and variables name.
 *
 * @throws {NotFoundError} if there is no such file.
 */
export function jobCredentials(
  values: CommandValues,
  { environment, output }: CommandContext,
): Credential[] {
  const credentials: Credential[] = [];
  for (const [kind, option] of Object.entries(FILE_OPTIONS) as [CredentialKind, string][]) {
    const { variable } = CREDENTIALS[kind];
    const path = values.text(option) ?? (variable && environment.get(variable));
    if (path === undefined || path === "") continue;
    credentials.push({ kind, path: realFile(path) });
  }
  for (const credential of credentials) {
    if (((Deno.statSync(credential.path).mode ?? 0) & 0o077) !== 0) {
      output.log("warn", `others than the owner may read "${credential.path}"`);
    }
  }
  for (const [variable, wanted] of Object.entries(SECRETS)) {
    const isGiven = credentials.some(({ kind }) => kind === wanted);
    if (environment.get(variable) !== undefined && !isGiven) {
      output.log(
        "warn",
        `${variable} does not come into the job, where others could read it; ` +
          `name a file with --${FILE_OPTIONS[wanted]}`,
      );
    }
  }
  return credentials;
}

function realFile(path: string): string {
  try {
    const real = Deno.realPathSync(path);
    if (Deno.statSync(real).isFile) return real;
  } catch (cause) {
    throw new NotFoundError(`there is no file "${path}" with a secret for the job`, { cause });
  }
  throw new UsageError(`"${path}" is not a file`);
}
