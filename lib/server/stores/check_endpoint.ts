import { UsageError } from "../../errors/mod.ts";
import { checkBucket, findQuirks, openBucket } from "../../s3/mod.ts";
import { bucketOptions, type S3Endpoint } from "../endpoints/mod.ts";

/**
 * Checks that an endpoint reaches a bucket, may do there what a datastore needs, and does not need quirks
 * that it does not have.
 *
 * @param prefix Name of a datastore; empty for the bucket itself.
 * @throws {PbsError} saying what does not work, and never the secret.
 */
export async function checkEndpoint(
  endpoint: S3Endpoint,
  bucket: string,
  prefix: string,
): Promise<void> {
  // Without quirks: what the server really does is to be seen.
  await using opened = openBucket({ ...bucketOptions(endpoint, bucket), quirks: [] });
  await checkBucket(opened, prefix);
  const needed = await findQuirks(opened, prefix);
  const missing = needed.filter((quirk) => !endpoint.quirks.includes(quirk));
  if (missing.length === 0) return;
  throw new UsageError(
    `${opened.displayName} needs provider-quirks that S3 endpoint '${endpoint.id}' does not have: ` +
      missing.join(", "),
  );
}
