import {
  decryptKeyWithMaster,
  isProtectedPrivateKey,
  openKey,
  protectKey,
} from "../../lib/crypto/mod.ts";
import { ConflictError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { keyPassphrase } from "../keys/key_passphrase.ts";
import { newConfigPath } from "../keys/key_path.ts";
import {
  askNewPassphrase,
  checkHintChoice,
  MASTER_KEY_PASSPHRASE,
  NEW_KEY_PASSPHRASE,
  newPassphrase,
  readProtection,
  readSecret,
} from "../keys/key_protection.ts";
import { decodeKeyText } from "../keys/open_encryption_key.ts";
import { DEFAULT_KEY_NAME } from "../keys/read_crypt_options.ts";
import { writeKey } from "../keys/write_key.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "../options/key_options.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/** `key import-with-master-key` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Recover an encryption key with the master key.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "Where to store the key; the place of the default encryption key if absent.",
  }],
  options: [
    {
      name: "master-keyfile",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "PEM file with the private master key.",
    },
    {
      name: "encrypted-keyfile",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "The encrypted key: rsa-encrypted.key, restored from a snapshot.",
    },
    ...KEY_PROTECTION_OPTIONS,
  ],
  output: "none",
  run: importKeyWithMasterKey,
};

/** `key import-with-master-key`: recovers a key from a backup (spec: cli.md §4.14). */
async function importKeyWithMasterKey(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const protection = readProtection(values);
  const given = values.text("path");
  const path = given ?? freeDefaultPath(context);
  checkHintChoice(protection);
  const privatePem = decodeKeyText(readInputPath(values.requiredText("master-keyfile")));
  const encrypted = readInputPath(values.requiredText("encrypted-keyfile"));
  const recovered = decryptKeyWithMaster(
    privatePem,
    encrypted,
    masterPassphrase(privatePem, context),
  );
  const { encryptionKey } = await openKey(recovered, () => keyPassphrase(context.environment));
  const passphrase = protection.kdf === "none"
    ? undefined
    : newPassphrase(context.environment, NEW_KEY_PASSPHRASE, "New Password: ") ??
      askNewPassphrase("New Password: ");
  const { created } = recovered;
  const file = await protectKey(encryptionKey, { ...protection, passphrase, created });
  writeKey(path, file, given !== undefined);
}

function freeDefaultPath(context: CommandContext): string {
  const path = newConfigPath(context, DEFAULT_KEY_NAME);
  if (exists(path)) {
    throw new ConflictError(
      `Please remove default encryption key at "${path}" before importing to default location ` +
        "(or choose a non-default one).",
    );
  }
  context.output.log("info", `Importing key to default location at: "${path}"`);
  return path;
}

/** Input that is no terminal has a line for the passphrase, needed or not (spec: cli.md §4.14). */
function masterPassphrase(
  privatePem: string,
  { environment }: CommandContext,
): string | undefined {
  const isProtected = isProtectedPrivateKey(privatePem);
  const { variable, credential } = MASTER_KEY_PASSPHRASE;
  const given = readEnvironmentSecret(environment, variable, credential);
  if (given !== undefined) return isProtected ? given : undefined;
  if (!isProtected && Deno.stdin.isTerminal()) return undefined;
  const passphrase = readSecret("Master Key Password: ");
  return isProtected ? passphrase : undefined;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
