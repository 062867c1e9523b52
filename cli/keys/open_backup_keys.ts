import type { BackupCrypt } from "../../lib/backup/mod.ts";
import { encryptKeyForMaster, masterKeyFingerprint } from "../../lib/crypto/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { describeKeySource } from "./key_source.ts";
import { decodeKeyText, openEncryptionKey } from "./open_encryption_key.ts";
import type { CryptOptions } from "./read_crypt_options.ts";

/**
 * Opens the keys of a backup and tells which they are (spec: cli.md §4.1.2). The copy of the key for
 * the owner of the master key is made first, so that a master key that will not do is found early.
 *
 * @returns undefined if nothing is encrypted or signed.
 */
export async function openBackupKeys(
  options: CryptOptions,
  context: CommandContext,
): Promise<BackupCrypt | undefined> {
  if (options.mode === "none") return undefined;
  const { mode, key, masterKey } = options;
  const log = (line: string) => context.output.log("info", line);
  log(describeKeySource(key.source, "encryption"));
  const { config, file } = await openEncryptionKey(key, context);
  log(`Encryption key fingerprint: ${config.keyId}`);
  if (masterKey === undefined) return { config, mode };
  log(describeKeySource(masterKey.source, "master"));
  const pem = decodeKeyText(masterKey.bytes);
  return {
    config,
    mode,
    encryptedKey: await encryptKeyForMaster(pem, config, file.created),
    masterKeyFingerprint: masterKeyFingerprint(pem),
  };
}
