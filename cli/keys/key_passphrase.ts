import { KeyError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/** The passphrase in the environment; undefined if there is none. */
export function environmentPassphrase(environment: Environment): Uint8Array | undefined {
  const secret = readEnvironmentSecret(
    environment,
    "PBS_ENCRYPTION_PASSWORD",
    "proxmox-backup-client.encryption-password",
  );
  return secret === undefined ? undefined : new TextEncoder().encode(secret);
}

/**
 * The passphrase of an encryption key: from the environment, else from the terminal
 * (spec: cli.md §5.2). Asked once.
 *
 * @throws {KeyError} if there is neither.
 */
export function keyPassphrase(environment: Environment): Uint8Array {
  const secret = environmentPassphrase(environment);
  if (secret !== undefined) return secret;
  if (!Deno.stdin.isTerminal()) {
    throw new KeyError("no password input mechanism available", {
      situation: { kind: "no-passphrase", variable: "PBS_ENCRYPTION_PASSWORD" },
    });
  }
  return new TextEncoder().encode(askSecret("Encryption Key Password: "));
}
