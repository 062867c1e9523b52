import { encodeBlob, MAX_BLOB_PLAIN_BYTES } from "../../lib/blob/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { openEncryptionKey } from "../keys/open_encryption_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `snapshot upload-log` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "Store a log file with a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL, {
    name: "logfile",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description: "The log file.",
  }],
  options: [...TARGET_OPTIONS, ...KEY_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: uploadSnapshotLog,
};

/** `snapshot upload-log`: encrypted in mode `encrypt` only (spec: cli.md §4.4). */
async function uploadSnapshotLog(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  const options = readCryptOptions(values, context);
  const key = options.mode === "none" ? undefined : await openEncryptionKey(options.key, context);
  const content = readInputPath(values.requiredText("logfile"), MAX_BLOB_PLAIN_BYTES);
  const blob = await encodeBlob(content, {
    compress: true,
    encryptionKey: options.mode === "encrypt" ? key?.config.encryptionKey : undefined,
  });
  await repository.uploadLog(namespace, snapshot, blob);
  // The official client prints the server's bare answer, whatever format was asked for.
  context.output.printLine(`Result: ${JSON.stringify({ data: null }, undefined, 2)}`);
}
