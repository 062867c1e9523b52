import { LocalRepository } from "../datastore/mod.ts";
import { RateLimiter } from "../duplex/mod.ts";
import type { BucketRepositoryAddress } from "../repository/mod.ts";
import { type EndpointOptions, openBucket } from "../s3/mod.ts";
import { openSharedDatastore } from "./shared_datastore.ts";
import { trialKey } from "./trial_key.ts";

/** How a datastore in a bucket is reached, beside its address. */
export interface BucketRepositoryOptions
  extends Pick<EndpointOptions, "accessKey" | "secretKey" | "patience" | "dial"> {
  /** SHA-256 of a certificate that is trusted though no authority vouches for it. */
  readonly fingerprint?: string | undefined;
  /** PEM text of certificate authorities instead of the system's. */
  readonly authorities?: string | undefined;
  /** Limits of each direction for itself. */
  readonly limits?:
    | { readonly rateBytesPerSecond: number; readonly burstBytes?: number }
    | undefined;
  /** Creates the datastore if there is none; the bucket has to be there. */
  readonly create?: boolean;
}

/**
 * Opens a datastore in a bucket as a repository.
 *
 * @returns With it, whether it has just been created.
 * @throws {NotFoundError} if there is no such datastore and it is not to be created.
 */
export async function openBucketRepository(
  address: BucketRepositoryAddress,
  options: BucketRepositoryOptions,
): Promise<{ readonly repository: LocalRepository; readonly isNew: boolean }> {
  const { host, port, tls, bucket, store, region, style } = address;
  const { accessKey, secretKey, fingerprint, authorities, limits, patience, dial } = options;
  const objects = openBucket({
    endpoint: style === "virtual" ? `{{bucket}}.${host}` : host,
    pathStyle: style === "path",
    ...{ tls, bucket, accessKey, secretKey },
    trialKey: trialKey(store),
    ...(port === undefined ? {} : { port }),
    ...(region === undefined ? {} : { region }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(authorities === undefined ? {} : { authorities }),
    ...(patience === undefined ? {} : { patience }),
    ...(dial === undefined ? {} : { dial }),
    ...(limits === undefined
      ? {}
      : { rateIn: new RateLimiter(limits), rateOut: new RateLimiter(limits) }),
  });
  try {
    const create = options.create ?? false;
    const { datastore, isNew } = await openSharedDatastore(objects, store, { create });
    return { repository: new LocalRepository(datastore), isNew };
  } catch (error) {
    await objects[Symbol.asyncDispose]();
    throw error;
  }
}
