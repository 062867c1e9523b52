import type { CommandDefinition } from "./command_definition.ts";
import type { RunnableProgram, TableEntry } from "./runnable_program.ts";

/** Ending of this program's modules: `.ts`, or `.js` where they were bundled. */
const ENDING = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** The module of a command. */
interface CommandFile {
  readonly command: CommandDefinition;
}

/**
 * Modules of commands that came in one file with this one, by their paths without ending. Empty unless
 * the program was bundled so (`scripts/packing/bundle_in_one.ts`).
 */
export const BUNDLED_COMMANDS: Map<string, () => Promise<object>> = new Map();

/**
 * A command that the official program has. Its file is called by its words.
 *
 * @param folder Folder of the file, relative to this one.
 */
export function command(name: string, folder = "commands"): TableEntry {
  return {
    name,
    load: async () => {
      const file = `${folder}/${name.replaceAll(/[ -]/g, "_")}`;
      // A name that the runtime cannot foresee: else every start parses the files of all commands.
      const load = BUNDLED_COMMANDS.get(file) ??
        (() => import(new URL(`./${file}${ENDING}`, import.meta.url).href));
      const { command } = await load() as CommandFile;
      return { name, ...command };
    },
  };
}

/** A command that only ours has; see {@linkcode command}. */
export function ours(name: string, folder?: string): TableEntry {
  return { ...command(name, folder), isOurs: true };
}

/** Every command, sorted by name; `ours` are those that the official client does not have. */
export const COMMANDS: readonly TableEntry[] = [
  ours("alert try"),
  command("backup"),
  command("benchmark"),
  ours("browse"),
  ours("cat"),
  command("catalog dump"),
  command("catalog shell"),
  command("change-owner"),
  ours("check"),
  ours("completion"),
  ours("config check"),
  ours("config import"),
  ours("config schema"),
  ours("copy"),
  ours("datastore init"),
  ours("datastore verify"),
  ours("find"),
  command("garbage-collect"),
  command("group forget"),
  command("group move"),
  ours("guest extract"),
  ours("guest list"),
  ours("guest serve"),
  ours("guest status"),
  ours("guest stop"),
  command("help"),
  ours("job install"),
  ours("job list"),
  ours("job run"),
  ours("job show"),
  command("key change-passphrase"),
  command("key create"),
  command("key create-master-key"),
  command("key import-master-pubkey"),
  command("key import-with-master-key"),
  command("key paperkey"),
  command("key show"),
  command("key show-master-pubkey"),
  command("list"),
  command("login"),
  command("logout"),
  ours("ls"),
  ours("maintain"),
  ours("man"),
  command("map"),
  command("mount"),
  command("namespace create"),
  command("namespace delete"),
  command("namespace list"),
  command("namespace move"),
  command("prune"),
  ours("repair"),
  command("restore"),
  ours("schedule install"),
  ours("schedule list"),
  ours("schedule remove"),
  ours("self-check"),
  ours("serve"),
  ours("serve acl list"),
  ours("serve acl update"),
  ours("serve datastore create"),
  ours("serve datastore list"),
  ours("serve datastore refresh"),
  ours("serve datastore remove"),
  ours("serve datastore update"),
  ours("serve gc-job list"),
  ours("serve gc-job run"),
  ours("serve gc-job update"),
  ours("serve prune-job create"),
  ours("serve prune-job list"),
  ours("serve prune-job remove"),
  ours("serve prune-job run"),
  ours("serve prune-job update"),
  ours("serve remote create"),
  ours("serve remote list"),
  ours("serve remote remove"),
  ours("serve remote scan"),
  ours("serve remote show"),
  ours("serve remote update"),
  ours("serve s3 check"),
  ours("serve s3 create"),
  ours("serve s3 list"),
  ours("serve s3 list-buckets"),
  ours("serve s3 remove"),
  ours("serve s3 reset-counters"),
  ours("serve s3 update"),
  ours("serve sync-job create"),
  ours("serve sync-job list"),
  ours("serve sync-job remove"),
  ours("serve sync-job run"),
  ours("serve sync-job show"),
  ours("serve sync-job update"),
  ours("serve tfa add"),
  ours("serve tfa delete"),
  ours("serve tfa list"),
  ours("serve tfa recovery"),
  ours("serve token delete"),
  ours("serve token generate"),
  ours("serve token list"),
  ours("serve token regenerate"),
  ours("serve token update"),
  ours("serve user create"),
  ours("serve user disable"),
  ours("serve user enable"),
  ours("serve user list"),
  ours("serve user passwd"),
  ours("serve user permissions"),
  ours("serve user remove"),
  ours("serve user update"),
  ours("serve verify-job create"),
  ours("serve verify-job list"),
  ours("serve verify-job remove"),
  ours("serve verify-job run"),
  ours("serve verify-job update"),
  command("server-identity"),
  ours("snapshot diff"),
  command("snapshot files"),
  command("snapshot forget"),
  command("snapshot list"),
  command("snapshot notes show"),
  command("snapshot notes update"),
  command("snapshot protected show"),
  command("snapshot protected update"),
  ours("snapshot size"),
  command("snapshot upload-log"),
  ours("stats"),
  command("status"),
  ours("sync"),
  command("task list"),
  command("task log"),
  command("task stop"),
  command("unmap"),
  command("version"),
];

/** Historic names, replaced before a command is looked up (spec: cli.md §1.1). */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["files", "snapshot files"],
  ["forget", "snapshot forget"],
  ["snapshots", "snapshot list"],
  ["upload-log", "snapshot upload-log"],
]);

/**
 * Commands of the official client that this program does not have yet. Their names count when an
 * abbreviation is looked up: what is ambiguous there must not mean something here, and what a script
 * abbreviates today must not change its meaning when they come (spec: cli.md §10, pitfall 5).
 */
export const ABSENT_COMMANDS: readonly string[] = [];

/** The backup client. */
export const PBS_CLIENT: RunnableProgram = {
  name: "pbs-client",
  description:
    "Back up directories, images and files to a Proxmox Backup Server or into a datastore directory " +
    "of this machine, and restore them.",
  abbreviation: "snap li",
  logVariable: "PBS_LOG",
  table: { commands: COMMANDS, aliases: ALIASES, absent: ABSENT_COMMANDS },
  loadManual: async () => (await import("./manual/subjects/pbs_client.ts")).PBS_CLIENT_SUBJECT,
};
