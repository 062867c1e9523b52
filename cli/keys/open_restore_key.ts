import type { CryptConfig } from "../../lib/crypto/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { describeKeySource } from "./key_source.ts";
import { openEncryptionKey } from "./open_encryption_key.ts";
import type { CryptOptions } from "./read_crypt_options.ts";

/**
 * Opens the key for reading a snapshot. Which key it was is told only if it cannot be opened
 * (spec: cli.md §5.3).
 *
 * @returns undefined if there is no key.
 */
export async function openRestoreKey(
  options: CryptOptions,
  context: CommandContext,
): Promise<CryptConfig | undefined> {
  if (options.mode === "none") return undefined;
  try {
    return (await openEncryptionKey(options.key, context)).config;
  } catch (error) {
    context.output.log("error", describeKeySource(options.key.source, "encryption"));
    throw error;
  }
}
