import type { Command } from "../command.ts";

/** A file that commands read or write (spec: cli.md §5.1). */
export interface UsedFile {
  readonly path: string;
  readonly description: string;
  /** Whether a command may use it. */
  readonly concerns: (command: Command) => boolean;
}

const hasOption = (name: string) => ({ options }: Command) =>
  options.some((option) => option.name === name);
const usesRepository = hasOption("repository");
const usesJobs = ({ name }: Command) => name.startsWith("job ") || name === "config check";
const isAboutKeys = ({ name }: Command) => name.startsWith("key ");

/** All files but those that command lines name. Paths of the user are below the usual folders. */
export const USED_FILES: readonly UsedFile[] = [
  {
    path: "~/.config/proxmox-backup/encryption-key.json",
    concerns: (command) => hasOption("keyfile")(command) || isAboutKeys(command),
    description: "Default encryption key. Its presence makes backups encrypted. Also looked up " +
      "below the folders of XDG_CONFIG_DIRS.",
  },
  {
    path: "~/.config/proxmox-backup/master-public.pem",
    concerns: (command) => hasOption("master-pubkey-file")(command) || isAboutKeys(command),
    description: "Default public master key: with it, encrypted backups hold their key for " +
      "the owner of the private one. Also looked up below the folders of XDG_CONFIG_DIRS.",
  },
  {
    path: "~/.config/proxmox-backup/fingerprints",
    concerns: usesRepository,
    description: "Certificates that somebody has confirmed: lines of a server and its fingerprint.",
  },
  {
    path: "~/.local/state/proxmox-backup/source-snapshots",
    concerns: hasOption("snapshot-size"),
    description: "Folder with records of the snapshots that runs have taken of their sources, " +
      "for the next run to remove what a crash has left. Below XDG_STATE_HOME if that is set, " +
      "/var/lib/pbs-client without a home.",
  },
  {
    path: "~/.config/proxmox-backup/pbs-client.toml",
    concerns: usesJobs,
    description: "The file with the jobs. Also looked up below the folders of XDG_CONFIG_DIRS.",
  },
  {
    path: "/etc/pbs-client/pbs-client.toml",
    concerns: usesJobs,
    description: "The file with the jobs, if there is none of the above.",
  },
  {
    path: "/var/lib/pbs-client/jobs/",
    concerns: ({ name }) => name === "job run" || name === "job list",
    description: "Last results of root's jobs, and their locks; of others they are in " +
      "~/.local/state/pbs-client/jobs/.",
  },
  {
    path: "$XDG_RUNTIME_DIR/proxmox-backup/tickets",
    concerns: usesRepository,
    description: "Tickets of logins. They replace the password for two hours at most.",
  },
  {
    path: "~/.cache/proxmox-backup/repo-list",
    concerns: usesRepository,
    description: "Repositories that were used, for completion.",
  },
  {
    path: "~/.cache/proxmox-backup/sent-chunks/",
    concerns: ({ name }) => name === "backup",
    description:
      "Digests of what backups have sent that were not finished: the next one asks the " +
      "repository for them before it sends them again.",
  },
  {
    path: ".pxarexclude",
    concerns: ({ name }) => name === "backup",
    description: "In a directory that is backed up: a pattern a line of what to leave out there " +
      "and below.",
  },
  {
    path: "/etc/pbs-client/server/",
    concerns: ({ name }) => name === "serve" || name.startsWith("serve "),
    description: "Configuration, certificate and keys of the embedded server if root runs it; " +
      "~/.config/pbs-client/server/ for others.",
  },
];
