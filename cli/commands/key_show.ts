import { quotePath } from "../../lib/bytes/mod.ts";
import { formatFingerprint } from "../../lib/crypto/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { existingKeyPath } from "../keys/key_path.ts";
import { parseKeyInput } from "../keys/open_encryption_key.ts";
import { KEY_PATH_POSITIONAL } from "../options/key_options.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { formatDate } from "../output/format_date.ts";
import { printObject } from "../output/print_object.ts";

/** `key show` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Show the details of a key file.",
  positionals: [KEY_PATH_POSITIONAL],
  options: [OUTPUT_FORMAT_OPTION],
  output: "table",
  run: showKey,
};

/** `key show`: what a key file tells without its passphrase (spec: cli.md §4.14). */
function showKey(values: CommandValues, context: CommandContext): void {
  const { path } = existingKeyPath(values, context);
  const file = parseKeyInput(readInputPath(path));
  // The quotes are part of the value: scripts have learned to live with them.
  const shownPath = quotePath(new TextEncoder().encode(path));
  const fingerprint = file.fingerprint && formatFingerprint(file.fingerprint);
  printObject(values, context, [
    { name: "path", value: shownPath },
    { name: "kdf", value: file.derivation?.kind ?? "none" },
    { name: "created", value: file.created, text: formatDate(file.created) },
    { name: "modified", value: file.modified, text: formatDate(file.modified) },
    { name: "fingerprint", value: fingerprint },
    { name: "hint", value: file.hint },
  ]);
}
