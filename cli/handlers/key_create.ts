import { generateKey, protectKey } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { newConfigPath } from "../environment/key_path.ts";
import {
  askNewPassphrase,
  checkHintChoice,
  readProtection,
} from "../environment/key_protection.ts";
import { DEFAULT_KEY_NAME } from "../environment/read_crypt_options.ts";
import { writeKey } from "../environment/write_key.ts";

/** `key create`: a new random key. The environment's passphrase is not used (spec: cli.md §4.14). */
export async function createKey(values: CommandValues, context: CommandContext): Promise<void> {
  const protection = readProtection(values);
  const given = values.text("path");
  const path = given ?? newConfigPath(context, DEFAULT_KEY_NAME);
  if (given === undefined) context.output.log("info", `creating default key at: "${path}"`);
  checkHintChoice(protection);
  const passphrase = protection.kdf === "none" ? undefined : newPassphrase();
  writeKey(path, await protectKey(generateKey(), { ...protection, passphrase }), false);
}

function newPassphrase(): Uint8Array {
  if (!Deno.stdin.isTerminal()) throw new UsageError("unable to read passphrase - no tty");
  return askNewPassphrase("Encryption Key Password: ");
}
