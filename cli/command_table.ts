import type { CommandDefinition } from "./command_definition.ts";
import type { RunnableProgram, TableEntry } from "./runnable_program.ts";

/** Loads the file of a command. */
type CommandLoader = () => Promise<{ readonly command: CommandDefinition }>;

/** A command that the official program has. */
export function command(name: string, loadFile: CommandLoader): TableEntry {
  return { name, load: async () => ({ name, ...(await loadFile()).command }) };
}

/** A command that only ours has. */
export function ours(name: string, loadFile: CommandLoader): TableEntry {
  return { ...command(name, loadFile), isOurs: true };
}

/** Every command, sorted by name; `ours` are those that the official client does not have. */
export const COMMANDS: readonly TableEntry[] = [
  command("backup", () => import("./commands/backup.ts")),
  command("change-owner", () => import("./commands/change_owner.ts")),
  ours("completion", () => import("./commands/completion.ts")),
  ours("datastore init", () => import("./commands/datastore_init.ts")),
  ours("datastore verify", () => import("./commands/datastore_verify.ts")),
  command("garbage-collect", () => import("./commands/garbage_collect.ts")),
  command("group forget", () => import("./commands/group_forget.ts")),
  command("group move", () => import("./commands/group_move.ts")),
  command("help", () => import("./commands/help.ts")),
  command("key change-passphrase", () => import("./commands/key_change_passphrase.ts")),
  command("key create", () => import("./commands/key_create.ts")),
  command("key create-master-key", () => import("./commands/key_create_master_key.ts")),
  command("key import-master-pubkey", () => import("./commands/key_import_master_pubkey.ts")),
  command("key import-with-master-key", () => import("./commands/key_import_with_master_key.ts")),
  command("key paperkey", () => import("./commands/key_paperkey.ts")),
  command("key show", () => import("./commands/key_show.ts")),
  command("key show-master-pubkey", () => import("./commands/key_show_master_pubkey.ts")),
  command("list", () => import("./commands/list.ts")),
  command("login", () => import("./commands/login.ts")),
  command("logout", () => import("./commands/logout.ts")),
  ours("man", () => import("./commands/man.ts")),
  command("namespace create", () => import("./commands/namespace_create.ts")),
  command("namespace delete", () => import("./commands/namespace_delete.ts")),
  command("namespace list", () => import("./commands/namespace_list.ts")),
  command("namespace move", () => import("./commands/namespace_move.ts")),
  command("prune", () => import("./commands/prune.ts")),
  command("restore", () => import("./commands/restore.ts")),
  ours("serve", () => import("./commands/serve.ts")),
  ours("serve acl list", () => import("./commands/serve_acl_list.ts")),
  ours("serve acl update", () => import("./commands/serve_acl_update.ts")),
  ours("serve tfa add", () => import("./commands/serve_tfa_add.ts")),
  ours("serve tfa delete", () => import("./commands/serve_tfa_delete.ts")),
  ours("serve tfa list", () => import("./commands/serve_tfa_list.ts")),
  ours("serve tfa recovery", () => import("./commands/serve_tfa_recovery.ts")),
  ours("serve token delete", () => import("./commands/serve_token_delete.ts")),
  ours("serve token generate", () => import("./commands/serve_token_generate.ts")),
  ours("serve token list", () => import("./commands/serve_token_list.ts")),
  ours("serve token regenerate", () => import("./commands/serve_token_regenerate.ts")),
  ours("serve token update", () => import("./commands/serve_token_update.ts")),
  ours("serve user create", () => import("./commands/serve_user_create.ts")),
  ours("serve user disable", () => import("./commands/serve_user_disable.ts")),
  ours("serve user enable", () => import("./commands/serve_user_enable.ts")),
  ours("serve user list", () => import("./commands/serve_user_list.ts")),
  ours("serve user passwd", () => import("./commands/serve_user_passwd.ts")),
  ours("serve user permissions", () => import("./commands/serve_user_permissions.ts")),
  ours("serve user remove", () => import("./commands/serve_user_remove.ts")),
  ours("serve user update", () => import("./commands/serve_user_update.ts")),
  command("server-identity", () => import("./commands/server_identity.ts")),
  ours("snapshot diff", () => import("./commands/snapshot_diff.ts")),
  command("snapshot files", () => import("./commands/snapshot_files.ts")),
  command("snapshot forget", () => import("./commands/snapshot_forget.ts")),
  command("snapshot list", () => import("./commands/snapshot_list.ts")),
  command("snapshot notes show", () => import("./commands/snapshot_notes_show.ts")),
  command("snapshot notes update", () => import("./commands/snapshot_notes_update.ts")),
  command("snapshot protected show", () => import("./commands/snapshot_protected_show.ts")),
  command("snapshot protected update", () => import("./commands/snapshot_protected_update.ts")),
  ours("snapshot size", () => import("./commands/snapshot_size.ts")),
  command("snapshot upload-log", () => import("./commands/snapshot_upload_log.ts")),
  ours("stats", () => import("./commands/stats.ts")),
  command("status", () => import("./commands/status.ts")),
  command("task list", () => import("./commands/task_list.ts")),
  command("task log", () => import("./commands/task_log.ts")),
  command("task stop", () => import("./commands/task_stop.ts")),
  command("version", () => import("./commands/version.ts")),
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
export const ABSENT_COMMANDS: readonly string[] = [
  "benchmark",
  "catalog dump",
  "catalog shell",
  "map",
  "mount",
  "unmap",
];

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
