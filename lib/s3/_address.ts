import net from "node:net";
import { UsageError } from "../errors/mod.ts";
import { bareHost } from "../tls/mod.ts";
import type { EndpointOptions } from "./bucket_options.ts";

const DEFAULT_REGION = "us-west-1";
const REGION = /^[_a-z\d][-_a-z\d]{0,31}$/;
/** Some servers allow what AWS does not, and a datastore's configuration says more precisely what it takes. */
const BUCKET = /^[A-Za-z\d][-.\w]{1,254}$/;
const HOST = /^(?:\[[\da-fA-F:.]+\]|[\da-zA-Z_.-]+|[\da-fA-F:.]+)$/;

/** The place that requests go to (spec: s3-datastore.md §11.2). */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Value of the `host` field. */
  readonly authority: string;
  readonly region: string;
  /** Beginning of every path, before the key: `/` or `/bucket/`. */
  readonly basePath: string;
  readonly tls: boolean;
}

/**
 * Finds out where the requests of a bucket go; without a bucket, those that no bucket is named in.
 *
 * @throws {UsageError} if the options make no sense.
 */
export function resolveAddress(options: EndpointOptions, bucket: string | undefined): Address {
  const { endpoint, region = DEFAULT_REGION, tls = true, insecure = false } = options;
  if (!REGION.test(region)) throw new UsageError(`"${region}" is no name of a region`);
  if (bucket !== undefined && !BUCKET.test(bucket)) {
    throw new UsageError(`"${bucket}" is no name of a bucket`);
  }
  if (options.accessKey === "" || options.secretKey === "") {
    throw new UsageError(`the object store "${endpoint}" needs an access key and a secret key`);
  }
  // Both go into header fields and signed text.
  if (!/^[!-~]+$/.test(options.accessKey)) {
    throw new UsageError("the access key has characters that no access key has");
  }
  const named = bucket === undefined
    ? endpoint.replace(/^\{\{bucket\}\}\./, "")
    : endpoint.replaceAll("{{bucket}}", bucket);
  const name = named.replaceAll("{{region}}", region);
  if (!HOST.test(name)) {
    throw new UsageError(
      `"${endpoint}" is no host of an object store: a name or an address without scheme, port and path`,
    );
  }
  const port = options.port ?? (tls ? 443 : 80);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UsageError(`the object store "${endpoint}" has no port ${port}`);
  }
  const host = net.isIPv6(name) ? `[${name}]` : name;
  if (!tls && !insecure && !isLoopback(host)) {
    throw new UsageError(
      `"${name}" without TLS would show data to everybody on the way: use https, ` +
        "without TLS only an object store on this machine is talked to",
    );
  }
  const authority = options.port === undefined ? host : `${host}:${port}`;
  const basePath = bucket !== undefined && options.pathStyle ? `/${encodeKey(bucket)}/` : "/";
  return { host, port, authority, region, basePath, tls };
}

function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  return bare === "localhost" || bare === "::1" || (net.isIPv4(bare) && bare.startsWith("127."));
}

/** A key as it stands in a path: every byte but letters, digits, `-._~` and `/` as `%XX`. */
export function encodeKey(key: string): string {
  return encodeValue(key).replaceAll("%2F", "/");
}

/**
 * A value as it stands in a query.
 *
 * @throws {UsageError} if it has half of a surrogate pair.
 */
export function encodeValue(value: string): string {
  if (!value.isWellFormed()) throw new UsageError("a key has half a character");
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
