import { AuthError } from "../../lib/errors/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { RateLimiter } from "../../lib/duplex/mod.ts";
import type { BucketRepositoryAddress } from "../../lib/repository/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { openSharedDatastore, trialKey } from "../../lib/shared_bucket/mod.ts";
import type { Environment } from "../environment.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";
import type { OpeningContext } from "./repository_opener.ts";

/**
 * Opens a datastore in a bucket with the keys that the environment knows.
 *
 * @throws {AuthError} if there are none.
 * @throws {NotFoundError} if there is no such datastore and it is not to be created.
 */
export async function openBucketRepository(
  address: BucketRepositoryAddress,
  { environment, output, limits, retries, create = false }: OpeningContext,
): Promise<LocalRepository> {
  const { host, port, tls, bucket, store, region, style } = address;
  const fingerprint = readEnvironmentSecret(
    environment,
    "PBS_FINGERPRINT",
    "proxmox-backup-client.fingerprint",
    { emptyIsUnset: true },
  );
  const authorities = environment.get("SSL_CERT_FILE");
  const objects = openBucket({
    endpoint: style === "virtual" ? `{{bucket}}.${host}` : host,
    pathStyle: style === "path",
    tls,
    bucket,
    trialKey: trialKey(store),
    accessKey: readKey(environment, "PBS_S3_ACCESS_KEY", "pbs-client.s3-access-key"),
    secretKey: readKey(environment, "PBS_S3_SECRET_KEY", "pbs-client.s3-secret-key"),
    ...(port === undefined ? {} : { port }),
    ...(region === undefined ? {} : { region }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(authorities ? { authorities: Deno.readTextFileSync(authorities) } : {}),
    ...(retries === undefined ? {} : { patience: { attemptsToReach: 1 + retries } }),
    // Each direction for itself.
    ...(limits === undefined
      ? {}
      : { rateIn: new RateLimiter(limits), rateOut: new RateLimiter(limits) }),
  });
  try {
    const { datastore, isNew } = await openSharedDatastore(objects, store, { create });
    if (isNew) output.log("info", `The datastore "${store}" in the bucket is new`);
    return new LocalRepository(datastore);
  } catch (error) {
    await objects[Symbol.asyncDispose]();
    throw error;
  }
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
