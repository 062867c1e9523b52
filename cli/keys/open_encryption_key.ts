import { type CryptConfig, type KeyFile, openKey, parseKeyFile } from "../../lib/crypto/mod.ts";
import { CorruptDataError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { keyPassphrase } from "./key_passphrase.ts";
import type { KeyInput } from "./key_source.ts";

/** A key that was opened, with the file it came from. */
export interface OpenedKey {
  readonly config: CryptConfig;
  readonly file: KeyFile;
}

/** Opens an encryption key, with its passphrase if it has one. */
export async function openEncryptionKey(
  { bytes }: KeyInput,
  { environment }: CommandContext,
): Promise<OpenedKey> {
  const file = parseKeyInput(bytes);
  return { file, config: await openKey(file, () => keyPassphrase(environment)) };
}

/** Reads a key file's bytes. @throws {CorruptDataError} if they are none. */
export function parseKeyInput(bytes: Uint8Array, name?: string): KeyFile {
  return parseKeyFile(decodeKeyText(bytes), name);
}

/** The text of a key or PEM file. @throws {CorruptDataError} if it is not UTF-8. */
export function decodeKeyText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CorruptDataError("this is no key: not valid UTF-8");
  }
}
