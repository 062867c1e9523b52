import { UsageError } from "../../errors/mod.ts";
import { checkRealm, isAuthIdText } from "../../repository/mod.ts";
import { type AccessRule, type AccountConfig, ROLES } from "../access/mod.ts";
import type { ListenAddress } from "./listen_address.ts";
import { takeDatastore } from "./take_datastore.ts";
import { type ConfigSection, parseSections } from "./section_config.ts";
import { SectionProperties } from "./section_properties.ts";
import type { DatastoreConfig, ServerConfig } from "./server_config.ts";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8007;
/** Clients renew every 15 minutes and remember for two hours (spec: protocol.md §2.2). */
const DEFAULT_TICKET_SECONDS = 7200;

/**
 * Reads a server's configuration file (docs/server.md).
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line that is wrong.
 */
export function parseServerConfig(text: string, name: string): ServerConfig {
  let listen: ListenAddress = { kind: "tcp", host: DEFAULT_HOST, port: DEFAULT_PORT };
  let logFolder: string | undefined;
  let ticketLifetimeSeconds = DEFAULT_TICKET_SECONDS;
  const datastores: DatastoreConfig[] = [];
  const accounts: AccountConfig[] = [];
  const rules: AccessRule[] = [];
  for (const section of parseSections(text, name)) {
    const reader = new SectionProperties(section, name);
    switch (section.kind) {
      case "server":
        listen = parseListen(reader.take("listen") ?? `${DEFAULT_HOST}:${DEFAULT_PORT}`, reader);
        logFolder = reader.take("log-folder");
        ticketLifetimeSeconds = readTicketLifetime(reader);
        break;
      case "datastore":
        datastores.push(takeDatastore(section.name, reader));
        break;
      case "user":
      case "token":
        accounts.push(readAccount(section, reader));
        break;
      case "acl":
        rules.push(...readRules(section, reader));
        break;
      default:
        reader.fail(`unknown kind of section "${section.kind}"`);
    }
    reader.finish();
  }
  checkUnique(datastores.map((store) => store.name), "datastore", name);
  checkUnique(accounts.map((account) => account.authId), "account", name);
  return {
    listen,
    datastores,
    accounts,
    rules,
    ticketLifetimeSeconds,
    ...logFolder === undefined ? {} : { logFolder },
  };
}

/**
 * Reads an address to listen on: `host:port`, IPv6 addresses in brackets, or `vsock:port`.
 *
 * @throws {UsageError} if it is anything else.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new UsageError(
      `"${text}" is not an address to listen on, like 127.0.0.1:8007 or vsock:8007`,
    );
  }
  const host = match[1] ?? match[2]!;
  if (host !== "vsock") return { kind: "tcp", host, port };
  if (port === 0) throw new UsageError("vsock has no port 0; 8007 is the usual one");
  return { kind: "vsock", port };
}

function parseListen(text: string, reader: SectionProperties): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    return reader.fail((error as Error).message);
  }
}

function readTicketLifetime(reader: SectionProperties): number {
  const seconds = reader.takeInteger("ticket-lifetime") ?? DEFAULT_TICKET_SECONDS;
  if (seconds < 1) reader.fail(`"ticket-lifetime" must be a number of seconds`);
  return seconds;
}

function readAccount({ kind, name }: ConfigSection, reader: SectionProperties): AccountConfig {
  if (!isAuthIdText(name) || name.includes("!") !== (kind === "token")) {
    reader.fail(kind === "token" ? `expected "name@realm!token"` : `expected "name@realm"`);
  }
  checkRealm(name);
  const comment = reader.take("comment");
  return {
    authId: name,
    enabled: reader.takeBoolean("enable", true),
    expire: reader.takeInteger("expire") ?? 0,
    ...comment === undefined ? {} : { comment },
  };
}

function readRules({ name: path }: ConfigSection, reader: SectionProperties): AccessRule[] {
  if (!/^\/([^/].*[^/]|[^/])?$/.test(path)) {
    reader.fail("a path starts with a slash and ends without");
  }
  return reader.takeAll().map(([authId, value]) => {
    const [list = "", extent, ...rest] = value.split(/\s+/);
    const roles = list.split(",");
    const unknown = roles.find((role) => !ROLES.has(role));
    if (unknown !== undefined) reader.fail(`there is no role "${unknown}"`);
    if (!isAuthIdText(authId)) reader.fail(`"${authId}" is not a user or token`);
    if (rest.length > 0 || (extent !== undefined && extent !== "here-only")) {
      reader.fail(`after the roles only "here-only" may follow`);
    }
    return { path, authId, roles, propagate: extent === undefined };
  });
}

function checkUnique(names: readonly string[], what: string, file: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`${file}: ${what} "${twice}" is defined twice`);
}
