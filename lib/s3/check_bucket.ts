import { PbsError } from "../errors/mod.ts";
import type { S3Quirk } from "./bucket_options.ts";
import { type S3Bucket, TEST_NAME } from "./s3_bucket.ts";

/**
 * Checks that objects can be written, read and removed below a prefix (spec: s3-datastore.md §2.1).
 *
 * @param prefix Without `/` at its end; empty for the whole bucket.
 * @throws {PbsError} if something of it does not work, saying what.
 */
export async function checkBucket(bucket: S3Bucket, prefix: string): Promise<void> {
  const key = testKey(prefix);
  await bucket.checkAccess();
  await bucket.put(key, new Uint8Array(0));
  if (await bucket.get(key) === undefined) {
    throw new PbsError(`${bucket.displayName} does not have "${key}", which was just written`);
  }
  await bucket.remove(key);
}

/**
 * Finds out what a server does not do (spec: s3-datastore.md §15, duty 7): it is asked to write an
 * object twice only if absent, and to remove it with a deletion of many.
 *
 * @param bucket Opened without quirks.
 * @param prefix Without `/` at its end; empty for the whole bucket.
 * @returns The quirks that the server needs.
 * @throws {PbsError} if it can be neither written nor removed.
 */
export async function findQuirks(bucket: S3Bucket, prefix: string): Promise<S3Quirk[]> {
  const key = testKey(prefix);
  const quirks: S3Quirk[] = [];
  await bucket.remove(key);
  try {
    const refuses = await bucket.put(key, new Uint8Array(0), { ifAbsent: true }) === "stored" &&
      await bucket.put(key, new Uint8Array(0), { ifAbsent: true }) === "exists";
    if (!refuses) quirks.push("skip-if-none-match-header");
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    // Whoever does not know the field may refuse the request.
    await bucket.put(key, new Uint8Array(0));
    quirks.push("skip-if-none-match-header");
  }
  try {
    await bucket.removeAll([key]);
    if (await bucket.get(key) !== undefined) quirks.push("delete-objects-via-delete-object");
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    quirks.push("delete-objects-via-delete-object");
  }
  await bucket.remove(key);
  return quirks;
}

function testKey(prefix: string): string {
  return prefix === "" ? TEST_NAME : `${prefix}/${TEST_NAME}`;
}
