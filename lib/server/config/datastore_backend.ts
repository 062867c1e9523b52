import { parseByteSize } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { isSafeName } from "../../repository/mod.ts";
import { isBucketName } from "./bucket_name.ts";
import { parsePropertyString } from "./property_string.ts";

/** A bucket in which a datastore keeps its data; its folder is the local cache then. */
export interface BucketBackend {
  /** Name of the S3 endpoint. */
  readonly client: string;
  readonly bucket: string;
  /** Bytes that contents of chunks may take in the local cache; absent if only the disk limits them. */
  readonly maxCacheBytes?: number;
}

/**
 * Reads where a datastore keeps its data: `type=s3,client=…,bucket=…[,max-cache-size=…]`, or
 * `filesystem` (spec: s3-datastore.md §2.2).
 *
 * @returns Undefined for the datastore's own folder.
 * @throws {UsageError} saying what is wrong.
 */
export function parseBackend(text: string): BucketBackend | undefined {
  const keys = ["type", "client", "bucket", "max-cache-size"];
  const values = parsePropertyString(text, keys, "type");
  const type = values.get("type") ?? "filesystem";
  if (type === "filesystem") {
    const [extra] = [...values.keys()].filter((key) => key !== "type");
    if (extra !== undefined) throw new UsageError(`a backend "filesystem" has no "${extra}"`);
    return undefined;
  }
  if (type !== "s3") throw new UsageError(`there is no backend "${type}", only filesystem and s3`);
  const [client, bucket] = [values.get("client"), values.get("bucket")];
  if (client === undefined || bucket === undefined) {
    throw new UsageError(`a backend "s3" needs "client", its endpoint, and "bucket"`);
  }
  if (!isSafeName(client)) throw new UsageError(`"${client}" is not the name of an S3 endpoint`);
  if (!isBucketName(bucket)) throw new UsageError(`"${bucket}" is not the name of a bucket`);
  const size = values.get("max-cache-size");
  return {
    client,
    bucket,
    ...size === undefined ? {} : { maxCacheBytes: byteSize("max-cache-size", size) },
  };
}

/** The text that {@linkcode parseBackend} reads. */
export function formatBackend({ client, bucket, maxCacheBytes }: BucketBackend): string {
  const size = maxCacheBytes === undefined ? "" : `,max-cache-size=${maxCacheBytes}`;
  return `type=s3,client=${client},bucket=${bucket}${size}`;
}

function byteSize(key: string, text: string): number {
  const bytes = parseByteSize(text);
  if (typeof bytes === "number" && Number.isSafeInteger(Math.floor(bytes))) {
    return Math.floor(bytes);
  }
  throw new UsageError(`"${key}" is not a size in bytes: "${text}"`);
}
