import { quotePath } from "../../lib/bytes/mod.ts";
import { describeMasterPublicKey } from "../../lib/crypto/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { newConfigPath } from "../keys/key_path.ts";
import { decodeKeyText } from "../keys/open_encryption_key.ts";
import { DEFAULT_MASTER_KEY_NAME } from "../keys/read_crypt_options.ts";
import { writeKeyText } from "../keys/write_key.ts";
import { KEY_PATH_POSITIONAL } from "../options/key_options.ts";

/** `key import-master-pubkey` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Make a public master key the default one.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    required: true,
    description: "PEM file with the public master key.",
  }],
  options: [],
  output: "none",
  run: importMasterPublicKey,
};

const PUBLIC_MODE = 0o644;

/** `key import-master-pubkey`: makes a public master key the default (spec: cli.md §4.14). */
function importMasterPublicKey(values: CommandValues, context: CommandContext): void {
  const path = values.requiredText("path");
  const pem = decodeKeyText(readInputPath(path));
  const { modulus, exponent, bits } = describeMasterPublicKey(pem);
  const log = (line: string) => context.output.log("info", line);
  log(`Found following key at ${quotePath(new TextEncoder().encode(path))}`);
  log(`Modulus: ${modulus}`);
  log(`Exponent: ${exponent}`);
  log(`Length: ${bits}`);
  const target = newConfigPath(context, DEFAULT_MASTER_KEY_NAME);
  writeKeyText(target, pem, { replace: true, mode: PUBLIC_MODE });
  log(`Imported public master key to ${quotePath(new TextEncoder().encode(target))}`);
}
