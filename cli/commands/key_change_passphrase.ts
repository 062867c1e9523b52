import { openKey, protectKey } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { keyPassphrase } from "../keys/key_passphrase.ts";
import { existingKeyPath } from "../keys/key_path.ts";
import {
  checkHintChoice,
  NEW_KEY_PASSPHRASE,
  newPassphrase,
  readProtection,
} from "../keys/key_protection.ts";
import { parseKeyInput } from "../keys/open_encryption_key.ts";
import { writeKey } from "../keys/write_key.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "../options/key_options.ts";

/** `key change-passphrase` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Protect an encryption key with another passphrase.",
  positionals: [KEY_PATH_POSITIONAL],
  options: KEY_PROTECTION_OPTIONS,
  output: "none",
  run: changeKeyPassphrase,
};

/** `key change-passphrase`: the same key under a new passphrase (spec: cli.md §4.14). */
async function changeKeyPassphrase(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const protection = readProtection(values);
  const { path, isDefault } = existingKeyPath(values, context);
  if (isDefault) context.output.log("info", `updating default key at: "${path}"`);
  // Before the question, so that one error shows what there is to set.
  const given = protection.kdf === "none" || Deno.stdin.isTerminal()
    ? undefined
    : newPassphrase(context.environment, NEW_KEY_PASSPHRASE, "");
  if (given === undefined && !Deno.stdin.isTerminal() && protection.kdf !== "none") {
    throw new UsageError("unable to change passphrase - no tty", {
      situation: { kind: "no-passphrase", variable: NEW_KEY_PASSPHRASE.variable },
    });
  }
  checkHintChoice(protection);
  const file = parseKeyInput(readInputPath(path));
  const { encryptionKey } = await openKey(file, () => keyPassphrase(context.environment));
  const passphrase = protection.kdf === "none"
    ? undefined
    : given ?? newPassphrase(context.environment, NEW_KEY_PASSPHRASE, "New Password: ");
  const { created } = file;
  writeKey(path, await protectKey(encryptionKey, { ...protection, passphrase, created }), true);
}
