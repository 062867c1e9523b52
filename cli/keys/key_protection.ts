import { checkPassphrase, type KeyProtection } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Environment } from "../environment.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readAnswer } from "../secrets/read_answer.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/** Names under which the environment may hold a secret. */
export interface SecretName {
  /** Base of the variables. */
  readonly variable: string;
  /** Name of the credential. */
  readonly credential: string;
}

/** A passphrase that an encryption key gets. */
export const NEW_KEY_PASSPHRASE: SecretName = {
  variable: "PBS_NEW_ENCRYPTION_PASSWORD",
  credential: "pbs-client.new-encryption-password",
};

/** The passphrase of a master key's private half. */
export const MASTER_KEY_PASSPHRASE: SecretName = {
  variable: "PBS_MASTER_KEY_PASSWORD",
  credential: "pbs-client.master-key-password",
};

const KDFS = ["none", "scrypt", "pbkdf2"] as const;

/** `--kdf` and `--hint`. */
export type ProtectionChoice = Pick<KeyProtection, "kdf" | "hint">;

/**
 * Protection of a key by the options (spec: cli.md §4.14).
 *
 * @throws {UsageError} if the derivation is unknown.
 */
export function readProtection(values: CommandValues): ProtectionChoice {
  const text = values.requiredText("kdf");
  const kdf = KDFS.find((candidate) => candidate === text);
  if (kdf === undefined) {
    throw new UsageError(
      `unknown variant \`${text}\`, expected one of \`none\`, \`scrypt\`, \`pbkdf2\``,
    );
  }
  return { kdf, hint: values.text("hint") };
}

/** @throws {UsageError} if there is a hint at a passphrase that there will not be. */
export function checkHintChoice({ kdf, hint }: ProtectionChoice): void {
  if (kdf === "none" && hint !== undefined) {
    throw new UsageError("password hint not allowed for Kdf::None");
  }
}

/**
 * Asks for a new passphrase twice, before either is judged.
 *
 * @param prompt The first question.
 * @throws {UsageError} if they differ, or are too short.
 */
export function askNewPassphrase(prompt: string): Uint8Array {
  const passphrase = readSecret(prompt);
  if (readSecret("Verify Password: ") !== passphrase) {
    throw new UsageError("Passwords do not match!");
  }
  const bytes = new TextEncoder().encode(passphrase);
  checkPassphrase(bytes);
  return bytes;
}

/**
 * The passphrase that a key is to have from now on: from the environment, which asks nobody, else
 * asked for twice.
 *
 * @param variable Base of the variables that count, for instance `PBS_NEW_ENCRYPTION_PASSWORD`.
 * @returns undefined if the environment has none and there is no terminal to ask on.
 * @throws {UsageError} if it is too short, or the answers differ.
 */
export function newPassphrase(
  environment: Environment,
  { variable, credential }: SecretName,
  prompt: string,
): Uint8Array | undefined {
  const given = readEnvironmentSecret(environment, variable, credential);
  if (given === undefined) return Deno.stdin.isTerminal() ? askNewPassphrase(prompt) : undefined;
  const bytes = new TextEncoder().encode(given);
  checkPassphrase(bytes);
  return bytes;
}

/** A secret from the terminal; where the input is none, its next line, without a question. */
export function readSecret(prompt: string): string {
  return Deno.stdin.isTerminal() ? askSecret(prompt) : readAnswer().replace(/\r$/, "");
}
