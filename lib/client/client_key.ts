import type { BackupCrypt } from "../backup/mod.ts";
import { readSmallText } from "../bounded/mod.ts";
import { withoutMark } from "../bytes/mod.ts";
import { encryptKeyForMaster, masterKeyFingerprint, openKey, parseKeyFile } from "../crypto/mod.ts";
import { KeyError } from "../errors/mod.ts";
import { pathText } from "./path_bytes.ts";

/** The key of encrypted or signed snapshots. */
export interface EncryptionOptions {
  /** The key file, as `pbs-client key create` makes one. */
  readonly keyFile: string | URL;
  /** Needed if the key file has one. */
  readonly passphrase?: string;
  /** Use of the key for new snapshots: both sign, only `encrypt` encrypts. Default `encrypt`. */
  readonly mode?: "encrypt" | "sign-only";
  /** Public half of a master key, PEM: its owner can recover the key from any new snapshot. */
  readonly masterKeyFile?: string | URL;
}

/**
 * Opens the key of a repository.
 *
 * @throws {KeyError} if the passphrase is missing or wrong, {CorruptDataError} if the file is no key.
 */
export async function openClientKey(options: EncryptionOptions): Promise<BackupCrypt> {
  const name = pathText(options.keyFile);
  const file = parseKeyFile(withoutMark(await readSmallText(options.keyFile)), name);
  const config = await openKey(file, (hint) => {
    if (options.passphrase !== undefined) return new TextEncoder().encode(options.passphrase);
    throw new KeyError(`${name} needs a passphrase${hint === undefined ? "" : ` (hint: ${hint})`}`);
  });
  const mode = options.mode ?? "encrypt";
  if (options.masterKeyFile === undefined) return { config, mode };
  const pem = withoutMark(await readSmallText(options.masterKeyFile));
  return {
    config,
    mode,
    encryptedKey: await encryptKeyForMaster(pem, config, file.created),
    masterKeyFingerprint: masterKeyFingerprint(pem),
  };
}
