import { UsageError } from "../../lib/errors/mod.ts";
import type { S3Endpoints } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { Environment } from "../environment.ts";
import { ENDPOINT_OPTIONS } from "../options/s3_parameters.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";
import { serverFolderPath } from "./server_folder_path.ts";

/** The S3 endpoints of the server whose configuration a command changes. */
export async function serverEndpoints(
  values: CommandValues,
  { environment }: CommandContext,
): Promise<S3Endpoints> {
  // With it comes the whole server, which help can do without.
  const { S3Endpoints, ServerAdministration } = await import("../../lib/server/mod.ts");
  const folder = serverFolderPath(values, environment);
  // A configuration that is wrong is told of before anything is changed.
  await new ServerAdministration(folder).config();
  return new S3Endpoints(folder);
}

/** The properties that were given, without those that are secret. */
export function endpointProperties(
  values: CommandValues,
): Record<string, string | number | boolean | readonly string[]> {
  const given = ENDPOINT_OPTIONS.filter(({ name }) => values.has(name));
  return Object.fromEntries(given.map(({ name, type, repeatable }) => {
    if (repeatable) return [name, values.texts(name)];
    if (type.kind === "boolean") return [name, values.flag(name)];
    if (type.kind === "integer") return [name, values.requiredInteger(name)];
    return [name, values.requiredText(name)];
  }));
}

/** A key of an endpoint, and where it comes from. */
export interface EndpointKey {
  /** Variable that has it, for instance `PBS_S3_SECRET_KEY`. */
  readonly variable: string;
  /** Name of the service manager's credential. */
  readonly credential: string;
  /** Words that ask for it. */
  readonly words: string;
}

/** The key that is a name. */
export const ACCESS_KEY: EndpointKey = {
  variable: "PBS_S3_ACCESS_KEY",
  credential: "pbs-client.s3-access-key",
  words: "Access key",
};
/** The key that is a secret. */
export const SECRET_KEY: EndpointKey = {
  variable: "PBS_S3_SECRET_KEY",
  credential: "pbs-client.s3-secret-key",
  words: "Secret key",
};

/** A key from the environment; undefined if nothing says it. */
export function keyOfEnvironment(
  environment: Environment,
  { variable, credential }: EndpointKey,
): string | undefined {
  return readEnvironmentSecret(environment, variable, credential, { emptyIsUnset: true });
}

/**
 * A key from the environment, else asked for. Never from the command line, which others can read.
 *
 * @throws {UsageError} if there is nobody to ask.
 */
export function requiredKey(environment: Environment, id: string, key: EndpointKey): string {
  const given = keyOfEnvironment(environment, key);
  if (given !== undefined) return given;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError(
      `no terminal to ask for the ${key.words.toLowerCase()}, and ${key.variable} is not set`,
    );
  }
  return askSecret(`${key.words} of "${id}": `);
}

/** Names of the datastores that use an endpoint. */
export async function usersOfEndpoint(
  values: CommandValues,
  { environment }: CommandContext,
): Promise<(id: string) => Promise<readonly string[]>> {
  const { DatastoreAdministration } = await import("../../lib/server/mod.ts");
  const administration = new DatastoreAdministration(serverFolderPath(values, environment));
  return (id) => administration.usersOfEndpoint(id);
}
