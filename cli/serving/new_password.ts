import { UsageError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/**
 * A password that a user of our server gets: from the environment, else asked for twice. Never from
 * the command line, which others can read.
 *
 * @throws {UsageError} if there is nobody to ask, or the answers differ.
 */
export function newPassword(environment: Environment, userId: string): string {
  const given = readEnvironmentSecret(
    environment,
    "PBS_NEW_PASSWORD",
    "pbs-client.new-password",
  );
  if (given !== undefined) return given;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("no terminal to ask for the password, and PBS_NEW_PASSWORD is not set");
  }
  const password = askSecret(`New password for "${userId}": `);
  if (askSecret("Retype new password: ") !== password) {
    throw new UsageError("the passwords do not match");
  }
  return password;
}
