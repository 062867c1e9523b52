import net from "node:net";
import { UsageError } from "../errors/mod.ts";
import { parseProxy, type Proxy } from "./proxy.ts";
import { bareHost } from "./tcp.ts";

/**
 * Variables that name a proxy for TLS connections, in the order in which they count. The official
 * client knows the first only.
 */
const PROXY_VARIABLES = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];
/** Variables that name hosts which are reached without one. */
const EXCEPTION_VARIABLES = ["NO_PROXY", "no_proxy"];

/**
 * The proxy that the environment has for a server; empty variables count as unset.
 *
 * @param read Returns a variable's value.
 * @param host Name or address of the server, IPv6 with or without brackets.
 * @throws {UsageError} if the variable that counts holds no address of an HTTP proxy.
 */
export function chooseProxy(
  read: (variable: string) => string | undefined,
  host: string,
  port: number,
): Proxy | undefined {
  const variable = PROXY_VARIABLES.find((name) => read(name));
  if (variable === undefined) return undefined;
  const exceptions = EXCEPTION_VARIABLES.map(read).find((text) => text);
  if (exceptions !== undefined && isException(exceptions, bareHost(host), port)) return undefined;
  try {
    return parseProxy(read(variable)!);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `variable ${variable}: ${error.message}; NO_PROXY=${bareHost(host)} connects without a proxy`,
    );
  }
}

/**
 * Whether a list such as `.example.com,10.0.0.0/8,[::1]:8007` names a host: its name or a domain it
 * is in, its address or a network it is in, or `*` for all; with a port, that port only.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const list = ".example.com, 10.0.0.0/8";
 * const hosts = ["pbs.example.com", "10.1.2.3", "example.org"];
 * assertEquals(hosts.map((host) => isException(list, host, 8007)), [true, true, false]);
 * ```
 */
export function isException(list: string, host: string, port: number): boolean {
  return list.split(/[\s,]+/).some((entry) => entry !== "" && isMeant(entry, host, port));
}

function isMeant(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  let name = entry;
  // An IPv6 address has colons of its own.
  const withPort = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry);
  if (withPort !== null) {
    if (Number(withPort[2]) !== port) return false;
    name = withPort[1]!;
  }
  name = bareHost(name).toLowerCase();
  const family = net.isIP(host);
  if (family !== 0) return isInNetwork(name, host, family === 6 ? "ipv6" : "ipv4");
  const domain = name.replace(/^\*?\./, "");
  const lower = host.toLowerCase().replace(/\.$/, "");
  return domain !== "" && (lower === domain || lower.endsWith(`.${domain}`));
}

function isInNetwork(entry: string, address: string, family: "ipv4" | "ipv6"): boolean {
  const [network = "", bits] = entry.split("/");
  const entryFamily = net.isIP(network);
  if (entryFamily !== (family === "ipv6" ? 6 : 4)) return false;
  const width = family === "ipv6" ? 128 : 32;
  const prefix = bits === undefined ? width : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) return false;
  const list = new net.BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
