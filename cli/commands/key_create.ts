import { generateKey, protectKey } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import type { Environment } from "../environment.ts";
import { environmentPassphrase } from "../keys/key_passphrase.ts";
import { newConfigPath } from "../keys/key_path.ts";
import {
  checkHintChoice,
  NEW_KEY_PASSPHRASE,
  newPassphrase,
  readProtection,
} from "../keys/key_protection.ts";
import { DEFAULT_KEY_NAME } from "../keys/read_crypt_options.ts";
import { writeKey } from "../keys/write_key.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "../options/key_options.ts";

/** `key create` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Create an encryption key.",
  positionals: [KEY_PATH_POSITIONAL],
  options: KEY_PROTECTION_OPTIONS,
  output: "none",
  run: createKey,
};

/**
 * `key create`: a new random key (spec: cli.md §4.14). The passphrase that other commands use is taken
 * only where nobody can be asked for a new one.
 */
async function createKey(values: CommandValues, context: CommandContext): Promise<void> {
  const protection = readProtection(values);
  const given = values.text("path");
  const path = given ?? newConfigPath(context, DEFAULT_KEY_NAME);
  if (given === undefined) context.output.log("info", `creating default key at: "${path}"`);
  checkHintChoice(protection);
  const passphrase = protection.kdf === "none" ? undefined : choosePassphrase(context.environment);
  writeKey(path, await protectKey(generateKey(), { ...protection, passphrase }), false);
}

function choosePassphrase(environment: Environment): Uint8Array {
  const passphrase = newPassphrase(environment, NEW_KEY_PASSPHRASE, "Encryption Key Password: ") ??
    environmentPassphrase(environment);
  if (passphrase === undefined) {
    throw new UsageError("unable to read passphrase - no tty", {
      situation: { kind: "no-passphrase", variable: NEW_KEY_PASSPHRASE.variable },
    });
  }
  return passphrase;
}
