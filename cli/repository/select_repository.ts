import { UsageError } from "../../lib/errors/mod.ts";
import {
  checkRealm,
  isAuthIdText,
  parseRepository,
  type RepositoryAddress,
} from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { Environment } from "../environment.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";

/** Parts of a repository, each with an option and a variable of its own. */
interface Atoms {
  readonly server?: string | undefined;
  readonly port?: number | undefined;
  readonly datastore?: string | undefined;
  readonly authId?: string | undefined;
}

/**
 * Finds out which repository is meant: options before variables, the whole string before its parts
 * (spec: cli.md §2.2).
 *
 * @throws {UsageError} if there is none, or what there is contradicts itself or does not parse.
 */
export function selectRepository(
  values: CommandValues,
  { environment, output }: CommandContext,
): RepositoryAddress {
  const text = values.text("repository");
  const options: Atoms = {
    server: bracketed(values.givenText("server")),
    port: values.givenInteger("port"),
    datastore: values.text("datastore"),
    authId: values.givenText("auth-id"),
  };
  if (text !== undefined) {
    if (isAny(options)) {
      throw new UsageError(
        "--repository and --server/--port/--datastore/--auth-id are mutually exclusive",
      );
    }
    return parseRepository(text);
  }
  const variables = readAtoms(environment);
  if (isAny(options)) return fromAtoms(options, variables);
  const fromVariable = readRepository(environment, (line) => output.log("error", line));
  if (fromVariable !== undefined) return parseRepository(fromVariable);
  if (isAny(variables)) return fromAtoms(variables, {});
  throw new UsageError("unable to get (default) repository", {
    situation: { kind: "no-repository" },
  });
}

function readRepository(
  environment: Environment,
  log: (line: string) => void,
): string | undefined {
  try {
    return readEnvironmentSecret(
      environment,
      "PBS_REPOSITORY",
      "proxmox-backup-client.repository",
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    log(`could not read default repository: ${error.message}`);
    return undefined;
  }
}

/** The variables; a port or auth id that does not parse counts as absent. */
function readAtoms(environment: Environment): Atoms {
  const port = environment.get("PBS_PORT");
  const authId = environment.get("PBS_AUTH_ID");
  return {
    server: bracketed(environment.get("PBS_SERVER")),
    port: port !== undefined && /^\+?\d+$/.test(port) && Number(port) <= 65535
      ? Number(port)
      : undefined,
    datastore: environment.get("PBS_DATASTORE"),
    authId: authId !== undefined && isAuthIdText(authId) ? authId : undefined,
  };
}

function isAny(atoms: Atoms): boolean {
  return Object.values(atoms).some((atom) => atom !== undefined);
}

function fromAtoms(first: Atoms, second: Atoms): RepositoryAddress {
  const datastore = first.datastore ?? second.datastore;
  if (datastore === undefined) {
    throw new UsageError("--datastore is required when not using --repository");
  }
  const host = first.server ?? second.server;
  const port = first.port ?? second.port;
  const authId = first.authId ?? second.authId;
  if (authId !== undefined) checkRealm(authId);
  return {
    kind: "server",
    ...(authId === undefined ? {} : { authId }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    datastore,
  };
}

function bracketed(server: string | undefined): string | undefined {
  return server?.includes(":") && !server.startsWith("[") ? `[${server}]` : server;
}
