import { AuthError } from "../../lib/errors/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import type { BucketRepositoryAddress } from "../../lib/repository/mod.ts";
import { openBucketRepository } from "../../lib/shared_bucket/mod.ts";
import {
  chooseProxy,
  connectThroughProxy,
  type Proxy,
  readAuthorities,
} from "../../lib/tls/mod.ts";
import type { Environment } from "../environment.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";
import type { OpeningContext } from "./repository_opener.ts";

const HTTPS_PORT = 443;

/**
 * Opens a datastore in a bucket with the keys that the environment knows.
 *
 * @returns With it, whether it has just been created.
 * @throws {AuthError} if there are none.
 * @throws {NotFoundError} if there is no such datastore and it is not to be created.
 */
export async function openNamedBucket(
  address: BucketRepositoryAddress,
  { environment, output, limits, retries, create = false }: OpeningContext,
): Promise<{ readonly repository: LocalRepository; readonly isNew: boolean }> {
  const fingerprint = readEnvironmentSecret(
    environment,
    "PBS_FINGERPRINT",
    "proxmox-backup-client.fingerprint",
    { emptyIsUnset: true },
  );
  const authorities = environment.get("SSL_CERT_FILE");
  const proxy = proxyFor(address, environment);
  if (proxy !== undefined) {
    output.log("info", `Using proxy connection: ${proxy.host}:${proxy.port}`);
  }
  const opened = await openBucketRepository(address, {
    accessKey: readKey(environment, "PBS_S3_ACCESS_KEY", "pbs-client.s3-access-key"),
    secretKey: readKey(environment, "PBS_S3_SECRET_KEY", "pbs-client.s3-secret-key"),
    ...{ fingerprint, limits, create },
    ...(authorities ? { authorities: await readAuthorities(authorities) } : {}),
    ...(proxy === undefined
      ? {}
      : { dial: (host, port) => connectThroughProxy(proxy, host, port) }),
    ...(retries === undefined ? {} : { patience: { attemptsToReach: 1 + retries } }),
  });
  if (opened.isNew) output.log("info", `The datastore "${address.store}" in the bucket is new`);
  return opened;
}

/** The proxy for a bucket's host, which only connections with TLS go through. */
function proxyFor(
  { host, port = HTTPS_PORT, tls, bucket, style }: BucketRepositoryAddress,
  environment: Environment,
): Proxy | undefined {
  if (!tls) return undefined;
  const name = style === "virtual" ? `${bucket}.${host}` : host;
  return chooseProxy((variable) => environment.get(variable), name, port);
}

function readKey(environment: Environment, variable: string, credential: string): string {
  const options = { emptyIsUnset: true };
  const key = readEnvironmentSecret(environment, variable, credential, options);
  if (key !== undefined) return key;
  throw new AuthError(
    `a bucket needs its keys: set PBS_S3_ACCESS_KEY and PBS_S3_SECRET_KEY, or name files or commands ` +
      `with ${variable}_FILE or ${variable}_CMD`,
  );
}
