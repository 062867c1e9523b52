/** Rule for names of jobs: they become parts of file names, for cron without dots. */
export const JOB_NAME_RULE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** A secret that a job needs. */
export type CredentialKind = "password" | "encryption-password" | "s3-secret-key" | "key";

/** A file that only the running job may read. */
export interface Credential {
  readonly kind: CredentialKind;
  /** Absolute path of the file. */
  readonly path: string;
}

/** Names of credentials, and how the program hears of the same file without a service manager. */
export const CREDENTIALS: Readonly<
  Record<CredentialKind, { readonly name: string; readonly variable?: string }>
> = {
  "password": { name: "proxmox-backup-client.password", variable: "PBS_PASSWORD_FILE" },
  "encryption-password": {
    name: "proxmox-backup-client.encryption-password",
    variable: "PBS_ENCRYPTION_PASSWORD_FILE",
  },
  "s3-secret-key": { name: "pbs-client.s3-secret-key", variable: "PBS_S3_SECRET_KEY_FILE" },
  // Found by an option: no variable names a key.
  "key": { name: "pbs-client.key" },
};

/** A command line that the system is to start. */
export interface Job {
  /** Follows {@linkcode JOB_NAME_RULE}. */
  readonly name: string;
  /** Absolute path of the program. */
  readonly program: string;
  /** Arguments; the key's path is not among them. */
  readonly words: readonly string[];
  /** When it is due, as systemd writes it. */
  readonly calendar: string;
  /** Time by which it may start later, so that not all machines start at once, seconds. */
  readonly randomDelaySeconds: number;
  /** Whether a run that was missed is made up for. */
  readonly persistent: boolean;
  /** Variables that are no secrets. */
  readonly environment: readonly (readonly [string, string])[];
  readonly credentials: readonly Credential[];
  /** Names of credentials that the machine keeps, encrypted for it. */
  readonly credentialNames?: readonly string[] | undefined;
  /** User that it runs as; absent for jobs of the user's own manager. */
  readonly user?: string | undefined;
  /** Exit code that means success with warnings. */
  readonly warningsExit?: number | undefined;
}
