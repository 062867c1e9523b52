import type { Command } from "./command.ts";
import { backupCommand } from "./commands/backup.ts";
import { changeOwnerCommand } from "./commands/change_owner.ts";
import { completionCommand } from "./commands/completion.ts";
import { datastoreInitCommand } from "./commands/datastore_init.ts";
import { datastoreVerifyCommand } from "./commands/datastore_verify.ts";
import { garbageCollectCommand } from "./commands/garbage_collect.ts";
import { groupForgetCommand } from "./commands/group_forget.ts";
import { groupMoveCommand } from "./commands/group_move.ts";
import { helpCommand } from "./commands/help.ts";
import { keyChangePassphraseCommand } from "./commands/key_change_passphrase.ts";
import { keyCreateCommand } from "./commands/key_create.ts";
import { keyCreateMasterKeyCommand } from "./commands/key_create_master_key.ts";
import { keyImportMasterPubkeyCommand } from "./commands/key_import_master_pubkey.ts";
import { keyImportWithMasterKeyCommand } from "./commands/key_import_with_master_key.ts";
import { keyPaperkeyCommand } from "./commands/key_paperkey.ts";
import { keyShowCommand } from "./commands/key_show.ts";
import { keyShowMasterPubkeyCommand } from "./commands/key_show_master_pubkey.ts";
import { listCommand } from "./commands/list.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { manCommand } from "./commands/man.ts";
import { namespaceCreateCommand } from "./commands/namespace_create.ts";
import { namespaceDeleteCommand } from "./commands/namespace_delete.ts";
import { namespaceListCommand } from "./commands/namespace_list.ts";
import { namespaceMoveCommand } from "./commands/namespace_move.ts";
import { pruneCommand } from "./commands/prune.ts";
import { restoreCommand } from "./commands/restore.ts";
import { serveCommand } from "./commands/serve.ts";
import { SERVE_ACL_COMMANDS } from "./commands/serve_acl.ts";
import { SERVE_TFA_COMMANDS } from "./commands/serve_tfa.ts";
import { SERVE_TOKEN_COMMANDS } from "./commands/serve_token.ts";
import { SERVE_USER_COMMANDS } from "./commands/serve_user.ts";
import { serverIdentityCommand } from "./commands/server_identity.ts";
import { snapshotFilesCommand } from "./commands/snapshot_files.ts";
import { snapshotForgetCommand } from "./commands/snapshot_forget.ts";
import { snapshotListCommand } from "./commands/snapshot_list.ts";
import { snapshotNotesShowCommand } from "./commands/snapshot_notes_show.ts";
import { snapshotNotesUpdateCommand } from "./commands/snapshot_notes_update.ts";
import { snapshotProtectedShowCommand } from "./commands/snapshot_protected_show.ts";
import { snapshotProtectedUpdateCommand } from "./commands/snapshot_protected_update.ts";
import { snapshotUploadLogCommand } from "./commands/snapshot_upload_log.ts";
import { statusCommand } from "./commands/status.ts";
import { taskListCommand } from "./commands/task_list.ts";
import { taskLogCommand } from "./commands/task_log.ts";
import { taskStopCommand } from "./commands/task_stop.ts";
import { versionCommand } from "./commands/version.ts";

/** What the program is called in usage texts. */
export const PROGRAM_NAME = "pbs-client";

/** Every command, sorted by name. Handlers are loaded when they are called. */
export const COMMANDS: readonly Command[] = [
  backupCommand,
  changeOwnerCommand,
  completionCommand,
  datastoreInitCommand,
  datastoreVerifyCommand,
  garbageCollectCommand,
  groupForgetCommand,
  groupMoveCommand,
  helpCommand,
  keyChangePassphraseCommand,
  keyCreateCommand,
  keyCreateMasterKeyCommand,
  keyImportMasterPubkeyCommand,
  keyImportWithMasterKeyCommand,
  keyPaperkeyCommand,
  keyShowCommand,
  keyShowMasterPubkeyCommand,
  listCommand,
  loginCommand,
  logoutCommand,
  manCommand,
  namespaceCreateCommand,
  namespaceDeleteCommand,
  namespaceListCommand,
  namespaceMoveCommand,
  pruneCommand,
  restoreCommand,
  serveCommand,
  ...SERVE_ACL_COMMANDS,
  ...SERVE_TFA_COMMANDS,
  ...SERVE_TOKEN_COMMANDS,
  ...SERVE_USER_COMMANDS,
  serverIdentityCommand,
  snapshotFilesCommand,
  snapshotForgetCommand,
  snapshotListCommand,
  snapshotNotesShowCommand,
  snapshotNotesUpdateCommand,
  snapshotProtectedShowCommand,
  snapshotProtectedUpdateCommand,
  snapshotUploadLogCommand,
  statusCommand,
  taskListCommand,
  taskLogCommand,
  taskStopCommand,
  versionCommand,
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
