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
export type RepositoryAddress =
  | ServerRepositoryAddress
  | DirectoryRepositoryAddress
  | BucketRepositoryAddress;

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
 * names and addresses the server may be `[vsock:CID]`, which is ours, as are buckets: `s3:` and their URL.
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
  if (isBucketText(text)) return parseBucketAddress(text);
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
  return isBucketText(text) || isDirectory(text) || matchServer(text) !== undefined;
}

/**
 * Name of a repository in messages and caches: as short as it was given, except that an auth id
 * brings host and port along (spec: cli.md §2.1).
 */
export function describeRepository(address: RepositoryAddress): string {
  if (address.kind === "directory") return address.path;
  if (address.kind === "bucket") return describeBucket(address);
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

/** A datastore in a bucket of an object store, used without a server. */
export interface BucketRepositoryAddress {
  readonly kind: "bucket";
  /** IPv6 addresses in brackets. */
  readonly host: string;
  readonly port?: number;
  /** False for `http:`, which is for this machine only. */
  readonly tls: boolean;
  readonly bucket: string;
  /** Name of the datastore, with which all its keys begin. */
  readonly store: string;
  readonly region?: string;
  /** Place of the bucket's name in a request: in the path, or in front of the host's name. */
  readonly style: "path" | "virtual";
}

const PREFIX = /^s3:https?:\/\//;
const FORM = "s3:https://HOST[:PORT]/BUCKET/DATASTORE[?region=REGION&style=path|virtual]";
/** As the reference takes them (spec: s3-datastore.md §2.2). */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[_a-z\d][-_a-z\d]{0,31}$/;

/** Whether a text is meant as the address of a bucket. */
export function isBucketText(text: string): boolean {
  return PREFIX.test(text);
}

/**
 * Parses the address of a datastore in a bucket.
 *
 * @throws {UsageError} if a part of it is missing or cannot exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const address = parseBucketAddress("s3:https://s3.example.com/backups/tank?region=eu-1");
 * assertEquals([address.bucket, address.store, address.region], ["backups", "tank", "eu-1"]);
 * ```
 */
export function parseBucketAddress(text: string): BucketRepositoryAddress {
  // What is wrong is not repeated: somebody may have put a secret in it.
  const fail = (problem: string) => new UsageError(`${problem}: a bucket is written as ${FORM}`);
  let url: URL;
  try {
    url = new URL(text.slice("s3:".length));
  } catch {
    throw fail("the address of a bucket cannot be read");
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      "keys do not belong into the address of a bucket, where others can see them: set " +
        "PBS_S3_ACCESS_KEY and PBS_S3_SECRET_KEY, or name files with PBS_S3_SECRET_KEY_FILE",
    );
  }
  if (url.hash !== "") throw fail("the address of a bucket has a part behind '#'");
  const [bucket = "", store = "", ...rest] = url.pathname.slice(1).split("/");
  if (rest.length > 0 || store === "") throw fail("it must name a bucket and a datastore");
  if (!BUCKET.test(bucket)) throw fail(`'${bucket}' cannot be the name of a bucket`);
  if (!isSafeName(store)) throw fail(`'${store}' cannot be the name of a datastore`);
  const options = new Map(url.searchParams);
  for (const name of options.keys()) {
    if (name !== "region" && name !== "style") throw fail(`there is no option '${name}'`);
  }
  const region = options.get("region");
  if (region !== undefined && !REGION.test(region)) throw fail(`'${region}' cannot be a region`);
  const style = options.get("style") ?? "path";
  if (style !== "path" && style !== "virtual") throw fail(`there is no style '${style}'`);
  return {
    kind: "bucket",
    host: url.hostname,
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    tls: url.protocol === "https:",
    bucket,
    store,
    ...(region === undefined ? {} : { region }),
    style,
  };
}

/** The text of an address, which has no secret. */
export function describeBucket(address: BucketRepositoryAddress): string {
  const { tls, host, port, bucket, store, region, style } = address;
  const options = [
    ...region === undefined ? [] : [`region=${region}`],
    ...style === "path" ? [] : [`style=${style}`],
  ].join("&");
  const authority = port === undefined ? host : `${host}:${port}`;
  const query = options === "" ? "" : `?${options}`;
  return `s3:${tls ? "https" : "http"}://${authority}/${bucket}/${store}${query}`;
}
