import type { CryptConfig } from "../../lib/crypto/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { describeKeySource } from "./key_source.ts";
import { openEncryptionKey } from "./open_encryption_key.ts";
import type { CryptOptions } from "./read_crypt_options.ts";

/**
 * Opens the key for showing what is in a snapshot, and tells which it is (spec: cli.md §4.12).
 *
 * @returns undefined if there is no key.
 */
export async function openReadingKey(
  options: CryptOptions,
  context: CommandContext,
): Promise<CryptConfig | undefined> {
  if (options.mode === "none") return undefined;
  const log = (line: string) => context.output.log("info", line);
  log(describeKeySource(options.key.source, "encryption"));
  const { config } = await openEncryptionKey(options.key, context);
  log(`Encryption key fingerprint: '${config.keyId}'`);
  return config;
}
