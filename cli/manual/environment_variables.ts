import type { Command } from "../command.ts";

/** A variable that changes what commands do (spec: cli.md §3). */
export interface EnvironmentVariable {
  readonly name: string;
  /** The value may also come from `_FD`, `_FILE`, `_CMD`, or from this credential of systemd. */
  readonly credential?: string;
  readonly description: string;
  /** Whether it concerns a command; absent if it concerns all of them. */
  readonly concerns?: (command: Command) => boolean;
}

/** Whether a command has an option or positional of that name. */
function takes(...names: string[]): (command: Command) => boolean {
  return ({ options, positionals }) =>
    [...options, ...positionals].some(({ name }) => names.includes(name));
}

const usesRepository = takes("repository");
const startsWith = (prefix: string) => ({ name }: Command) => name.startsWith(prefix);
const hasTables = ({ output }: Command) => output === "table";
const usesKeys = (command: Command) => takes("keyfile")(command) || command.name.startsWith("key ");
const isServer = ({ name }: Command) => name === "serve" || name.startsWith("serve ");

const usesJobs = ({ name }: Command) => name.startsWith("job ") || name === "config check";

/** All variables, sorted by name. */
export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = [
  {
    name: "ALL_PROXY",
    concerns: usesRepository,
    description: "HTTP proxy for connections to servers: [http://][user:password@]host[:port]. " +
      "The names all_proxy, HTTPS_PROXY and https_proxy count after it, in this order.",
  },
  {
    name: "COMP_LINE",
    concerns: takes("shell"),
    description: "Set by shells that want a command line completed.",
  },
  {
    name: "COMP_POINT",
    concerns: takes("shell"),
    description: "Where in COMP_LINE the cursor is, in characters.",
  },
  {
    name: "CREDENTIALS_DIRECTORY",
    description: "Directory with the credentials of a systemd unit; set by systemd.",
  },
  { name: "HOME", description: "The user's home directory, below which files are looked up." },
  {
    name: "HTTPS_PROXY",
    concerns: usesRepository,
    description: "As ALL_PROXY, which counts before it.",
  },
  {
    name: "LANG",
    concerns: hasTables,
    description: "Locale, unless LC_ALL or LC_CTYPE is set. Tables have lines in UTF-8 locales, " +
      "else plus signs and dashes.",
  },
  { name: "LC_ALL", concerns: hasTables, description: "As LANG; counts before all others." },
  { name: "LC_CTYPE", concerns: hasTables, description: "As LANG; counts before that." },
  {
    name: "LISTEN_FDS",
    concerns: ({ name }) => name === "serve",
    description: "Number of listening sockets that systemd passes; the first is used.",
  },
  {
    name: "LISTEN_PID",
    concerns: ({ name }) => name === "serve",
    description: "Process that LISTEN_FDS is meant for.",
  },
  {
    name: "NOTIFY_SOCKET",
    concerns: ({ name }) => name === "serve" || name === "backup",
    description:
      "Socket on which systemd is told that the server is ready, or how far the backup is.",
  },
  {
    name: "NO_COLOR",
    concerns: ({ name }) => name === "list" || name === "snapshot list",
    description: "If it is set and not empty, nothing is shown in color, on a terminal neither.",
  },
  {
    name: "NO_PROXY",
    concerns: usesRepository,
    description: "Servers that are reached without a proxy, separated by commas: names, domains, " +
      "addresses, networks such as 10.0.0.0/8, each with a port if only that is meant; * for all. " +
      "The name no_proxy counts after it.",
  },
  {
    name: "PATH",
    concerns: (command) => startsWith("schedule ")(command) || command.name === "job install",
    description: "Where systemctl, systemd-analyze and crontab are looked for.",
  },
  {
    name: "PBS_AUTH_ID",
    concerns: usesRepository,
    description: "User or API token to log in with, for want of --auth-id.",
  },
  {
    name: "PBS_CLIENT_CACHE_DIR",
    description:
      "Folder that the packed executable unpacks itself into, made if it is not there. " +
      "Without it, one is looked for in the caches of the user and of the system, and in memory.",
  },
  {
    name: "PBS_CLIENT_EXECUTABLE",
    concerns: ({ name }) => ["self-check", "schedule install", "job install"].includes(name),
    description: "Path of the packed executable. It sets this variable itself.",
  },
  {
    name: "PBS_CLIENT_NATIVE",
    description:
      "Path of the native library. Without it, it is looked for where the build leaves it, beside " +
      "the package, and as pbs-client/libpbs_native.so in /usr/local/lib and /usr/lib.",
  },
  {
    name: "PBS_CLIENT_PROGRAM",
    concerns: ({ name }) =>
      ["backup", "schedule install", "job install", "job show"].includes(name),
    description: "What the program is called in the commands that backup --init suggests, and in " +
      "jobs.",
  },
  {
    name: "PBS_CLIENT_UNPACK_VERIFY",
    description: "If it is set and not empty, the packed executable compares all unpacked files " +
      "with their digests before it starts, and unpacks anew what is damaged.",
  },
  {
    name: "PBS_DATASTORE",
    concerns: usesRepository,
    description: "Datastore of the server, for want of --datastore.",
  },
  {
    name: "PBS_ENCRYPTION_PASSWORD",
    credential: "proxmox-backup-client.encryption-password",
    concerns: usesKeys,
    description: "Passphrase of the encryption key.",
  },
  {
    name: "PBS_FINGERPRINT",
    credential: "proxmox-backup-client.fingerprint",
    concerns: usesRepository,
    description: "SHA-256 fingerprint of the server's certificate, which is trusted then. Empty " +
      "is unset.",
  },
  {
    name: "PBS_FROM_FINGERPRINT",
    concerns: takes("from", "also-from"),
    description:
      "As PBS_FINGERPRINT, also with _FD, _FILE and _CMD, for servers of --from and --also-from; for " +
      "want of it PBS_FINGERPRINT counts.",
  },
  {
    name: "PBS_FROM_PASSWORD",
    concerns: takes("from", "also-from"),
    description:
      "As PBS_PASSWORD, also with _FD, _FILE and _CMD, for servers of --from and --also-from; for want " +
      "of it PBS_PASSWORD counts.",
  },
  {
    name: "PBS_FROM_S3_ACCESS_KEY",
    concerns: takes("from", "also-from"),
    description: "As PBS_S3_ACCESS_KEY, also with _FD, _FILE and _CMD, for buckets among others; " +
      "for want of it PBS_S3_ACCESS_KEY counts.",
  },
  {
    name: "PBS_FROM_S3_SECRET_KEY",
    concerns: takes("from", "also-from"),
    description: "As PBS_S3_SECRET_KEY, also with _FD, _FILE and _CMD, for buckets among others; " +
      "for want of it PBS_S3_SECRET_KEY counts.",
  },
  {
    name: "PBS_LOG",
    description: "Least important messages that are shown: off, error, warn, info (the default), " +
      "debug or trace.",
  },
  {
    name: "PBS_MASTER_KEY_PASSWORD",
    credential: "pbs-client.master-key-password",
    concerns: ({ name }) => name.startsWith("key ") && name.includes("master-key"),
    description: "Passphrase of the master key's private half, a new one or one that is there.",
  },
  {
    name: "PBS_NAMESPACE",
    concerns: (command) =>
      takes("ns")(command) && command.name !== "prune" && command.name !== "group forget",
    description: "Namespace, for want of --ns. The commands prune and group forget ignore it.",
  },
  {
    name: "PBS_NEW_ENCRYPTION_PASSWORD",
    credential: "pbs-client.new-encryption-password",
    concerns: ({ name }) =>
      ["key create", "key change-passphrase", "key import-with-master-key"].includes(name),
    description:
      "Passphrase that an encryption key gets, so that nobody is asked for it. Without " +
      "it and without a terminal key create takes PBS_ENCRYPTION_PASSWORD.",
  },
  {
    name: "PBS_NEW_PASSWORD",
    credential: "pbs-client.new-password",
    concerns: startsWith("serve user "),
    description: "Password to give to a user of the embedded server.",
  },
  {
    name: "PBS_NEW_TOTP_SECRET",
    credential: "pbs-client.new-totp-secret",
    concerns: startsWith("serve tfa "),
    description: "Secret of a second factor that exists already.",
  },
  {
    name: "PBS_PASSWORD",
    credential: "proxmox-backup-client.password",
    concerns: usesRepository,
    description: "Password of the user, or secret of the API token.",
  },
  {
    name: "PBS_PORT",
    concerns: usesRepository,
    description: "Port of the server, for want of --port.",
  },
  {
    name: "PBS_REMOTE_PASSWORD",
    credential: "pbs-client.remote-password",
    concerns: startsWith("serve remote "),
    description: "Password or token secret with which the embedded server logs in to another one.",
  },
  {
    name: "PBS_REPOSITORY",
    credential: "proxmox-backup-client.repository",
    concerns: usesRepository,
    description: "Repository, for want of --repository and of options for its parts.",
  },
  {
    name: "PBS_S3_ACCESS_KEY",
    credential: "pbs-client.s3-access-key",
    concerns: (command) => usesRepository(command) || startsWith("serve s3 ")(command),
    description:
      "Access key of a bucket, or for an S3 endpoint of the embedded server. Empty is unset.",
  },
  {
    name: "PBS_S3_SECRET_KEY",
    credential: "pbs-client.s3-secret-key",
    concerns: (command) => usesRepository(command) || startsWith("serve s3 ")(command),
    description:
      "Secret key of a bucket, or for an S3 endpoint of the embedded server. Empty is unset.",
  },
  {
    name: "PBS_SERVER",
    concerns: usesRepository,
    description: "Server, for want of --server.",
  },
  {
    name: "PBS_TO_ENCRYPTION_PASSWORD",
    concerns: takes("to-keyfile"),
    description: "As PBS_ENCRYPTION_PASSWORD, also with _FD, _FILE and _CMD, for the key of " +
      "--to-keyfile; for want of it PBS_ENCRYPTION_PASSWORD counts.",
  },
  {
    name: "PBS_TO_FINGERPRINT",
    concerns: takes("to"),
    description: "As PBS_FINGERPRINT, also with _FD, _FILE and _CMD, for a server of --to; for " +
      "want of it PBS_FINGERPRINT counts.",
  },
  {
    name: "PBS_TO_PASSWORD",
    concerns: takes("to"),
    description:
      "As PBS_PASSWORD, also with _FD, _FILE and _CMD, for a server of --to; for want of it " +
      "PBS_PASSWORD counts.",
  },
  {
    name: "PBS_TO_S3_ACCESS_KEY",
    concerns: takes("to"),
    description: "As PBS_S3_ACCESS_KEY, also with _FD, _FILE and _CMD, for a bucket of --to; for " +
      "want of it PBS_S3_ACCESS_KEY counts.",
  },
  {
    name: "PBS_TO_S3_SECRET_KEY",
    concerns: takes("to"),
    description: "As PBS_S3_SECRET_KEY, also with _FD, _FILE and _CMD, for a bucket of --to; for " +
      "want of it PBS_S3_SECRET_KEY counts.",
  },
  {
    name: "PBS_WARNINGS_EXIT",
    concerns: takes("warnings-exit"),
    description: "Exit code of a run that succeeds with warnings, for want of --warnings-exit.",
  },
  {
    name: "PROXMOX_OUTPUT_FORMAT",
    concerns: (command) =>
      takes("output-format")(command) &&
      !["backup", "catalog dump", "key paperkey"].includes(command.name),
    description: "Form of the result, for want of --output-format.",
  },
  {
    name: "PROXMOX_OUTPUT_NO_BORDER",
    concerns: hasTables,
    description: "If it is set, tables have neither lines nor headers.",
  },
  {
    name: "PROXMOX_OUTPUT_NO_HEADER",
    concerns: hasTables,
    description: "If it is set, tables have no headers.",
  },
  {
    name: "SOURCE_DATE_EPOCH",
    concerns: ({ name }) => name === "man",
    description: "Date that manual pages bear, in seconds since 1970; today if it is not set.",
  },
  {
    name: "SSL_CERT_FILE",
    concerns: usesRepository,
    description:
      "File with the certificate authorities that are trusted, in place of the system's.",
  },
  {
    name: "SYSTEMD_EXEC_PID",
    concerns: ({ name }) => name === "backup",
    description: "Process that systemd has started; others do not tell it how far they are.",
  },
  {
    name: "STATE_DIRECTORY",
    concerns: ({ name }) => name === "job run" || name === "job list",
    description: "Folder of the service manager for what a service keeps; the last results of " +
      "jobs are in it.",
  },
  {
    name: "TERM",
    description:
      "Kind of the terminal. On one called dumb there is no line that changes all the time.",
  },
  {
    name: "TZ",
    description:
      "Time zone of dates in messages and tables, and of the days that prune counts: a " +
      "name such as Europe/Berlin, or a rule of POSIX such as CET-1CEST,M3.5.0,M10.5.0/3.",
  },
  {
    name: "TMPDIR",
    concerns: (command) =>
      isServer(command) || ["garbage-collect", "maintain", "job run"].includes(command.name),
    description: "Folder for what a garbage collection notes and does not keep in memory; " +
      "/var/tmp if it is not set.",
  },
  {
    name: "XDG_CACHE_HOME",
    concerns: usesRepository,
    description: "The user's folder of caches; $HOME/.cache if it is not set.",
  },
  {
    name: "XDG_CONFIG_DIRS",
    concerns: usesKeys,
    description: "The system's folders of configuration; /etc/xdg if it is not set.",
  },
  {
    name: "XDG_CONFIG_HOME",
    concerns: (command) =>
      usesRepository(command) || usesKeys(command) || isServer(command) ||
      usesJobs(command),
    description: "The user's folder of configuration; $HOME/.config if it is not set.",
  },
  {
    name: "XDG_RUNTIME_DIR",
    concerns: usesRepository,
    description: "The user's folder for the time of a session. Tickets are kept in it if it has " +
      "mode 0700.",
  },
  {
    name: "XDG_STATE_HOME",
    concerns: (command) =>
      (takes("snapshot-size"))(command) ||
      ["job run", "job list"].includes(command.name),
    description: "The user's folder of what is kept from one run to the next; " +
      "$HOME/.local/state if it is not set. Results of jobs of root are in /var/lib then.",
  },
];
