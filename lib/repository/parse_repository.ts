import { UsageError } from "../errors/mod.ts";
import { checkRealm, isAuthIdText, isHostText, isSafeName } from "./parse_repository_rules.ts";

/** A datastore of a server; absent parts mean their defaults (root@pam, localhost, 8007). */
export interface ServerRepositoryAddress {
  readonly kind: "server";
  readonly authId?: string;
  /** IPv6 addresses in brackets; `[vsock:CID]` for a machine that is reached over vsock. */
  readonly host?: string;
  readonly port?: number;
  readonly datastore: string;
}

/** A datastore directory of this machine. */
export interface DirectoryRepositoryAddress {
  readonly kind: "directory";
  readonly path: string;
}

/** Address of a repository. */
export type RepositoryAddress = ServerRepositoryAddress | DirectoryRepositoryAddress;

/** Parts of a text that has the shape of a server's repository. */
interface ServerParts {
  readonly authId?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly datastore: string;
}

/**
 * Parses a repository string, `[[auth-id@]server[:port]:]datastore` (spec: cli.md §2.1). A string
 * that contains a slash is the path of a datastore directory: the grammar of servers has none. Beside
 * names and addresses the server may be `[vsock:CID]`, which is ours.
 *
 * @throws {UsageError} if the string is neither, or its port or realm cannot exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseRepository("joe@pbs@pbs1:8443:tank"), {
 *   kind: "server",
 *   authId: "joe@pbs",
 *   host: "pbs1",
 *   port: 8443,
 *   datastore: "tank",
 * });
 * assertEquals(parseRepository("./store"), { kind: "directory", path: "./store" });
 * ```
 */
export function parseRepository(text: string): RepositoryAddress {
  if (isDirectory(text)) return { kind: "directory", path: text };
  const match = matchServer(text);
  if (match === undefined) {
    throw new UsageError(`unable to parse repository url '${text}'`, {
      situation: { kind: "malformed-repository", text },
    });
  }
  const { authId, host, port, datastore } = match;
  if (port !== undefined && Number(port) > 65535) {
    throw new UsageError("number too large to fit in target type");
  }
  if (authId !== undefined) checkRealm(authId);
  return {
    kind: "server",
    ...(authId === undefined ? {} : { authId }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: Number(port) }),
    datastore,
  };
}

/** Whether a text has the shape of a repository; parts may still be out of range. */
export function isRepositoryText(text: string): boolean {
  return isDirectory(text) || matchServer(text) !== undefined;
}

/**
 * Name of a repository in messages and caches: as short as it was given, except that an auth id
 * brings host and port along (spec: cli.md §2.1).
 */
export function describeRepository(address: RepositoryAddress): string {
  if (address.kind === "directory") return address.path;
  const { authId, host, port, datastore } = address;
  if (authId !== undefined) return `${authId}@${host ?? "localhost"}:${port ?? 8007}:${datastore}`;
  if (port !== undefined) return `${host ?? "localhost"}:${port}:${datastore}`;
  return host === undefined ? datastore : `${host}:${datastore}`;
}

function isDirectory(text: string): boolean {
  return text.includes("/") && !text.includes("://") && !text.includes("\0");
}

/** `[[AUTH-ID@]HOST:][PORT:]DATASTORE`; digits alone in front are a host. */
function matchServer(text: string): ServerParts | undefined {
  const colon = text.lastIndexOf(":");
  const datastore = text.slice(colon + 1);
  if (!isSafeName(datastore)) return undefined;
  if (colon < 0) return { datastore };
  const server = text.slice(0, colon);
  const portColon = server.lastIndexOf(":");
  const last = server.slice(portColon + 1);
  const port = portColon >= 0 && /^[0-9]{1,5}$/.test(last) ? last : undefined;
  const named = port === undefined ? server : server.slice(0, portColon);
  const at = named.lastIndexOf("@");
  const authId = at < 0 ? undefined : named.slice(0, at);
  const host = named.slice(at + 1);
  if ((authId !== undefined && !isAuthIdText(authId)) || !isHostText(host)) return undefined;
  return { authId, host, port, datastore };
}
