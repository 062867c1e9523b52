import { UsageError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/**
 * The password, or a token's secret, with which our server logs in to another one: from the environment,
 * else asked for. Never from the command line, which others can read.
 *
 * @throws {UsageError} if there is nobody to ask.
 */
export function remotePassword(environment: Environment, name: string): string {
  const given = readEnvironmentSecret(
    environment,
    "PBS_REMOTE_PASSWORD",
    "pbs-client.remote-password",
  );
  if (given !== undefined) return given;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError(
      "no terminal to ask for the password, and PBS_REMOTE_PASSWORD is not set",
    );
  }
  return askSecret(`Password for remote "${name}": `);
}
