import { parseByteSize } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { parsePropertyString } from "./property_string.ts";

/** Counters of a datastore's requests, by the words of the configuration. */
const KEYS = [
  "s3-get",
  "s3-put",
  "s3-post",
  "s3-head",
  "s3-delete",
  "s3-upload",
  "s3-download",
] as const;

/** A number of requests, or bytes of `s3-upload` and `s3-download`, above which somebody is told. */
export type RequestThresholds = Readonly<Partial<Record<typeof KEYS[number], number>>>;

/** The text that {@linkcode parseThresholds} reads. */
export function formatThresholds(thresholds: RequestThresholds): string {
  return Object.entries(thresholds).map(([key, value]) => `${key}=${value}`).join(",");
}

/**
 * Reads the numbers of requests above which somebody is told: `s3-put=1000,s3-upload=10GiB`.
 *
 * @throws {UsageError} saying what is wrong.
 */
export function parseThresholds(text: string): RequestThresholds {
  const values = parsePropertyString(text, KEYS);
  return Object.fromEntries([...values].map(([key, value]) => {
    const isSize = key === "s3-upload" || key === "s3-download";
    const number = isSize ? parseByteSize(value) : /^[0-9]{1,15}$/.test(value) ? Number(value) : "";
    if (typeof number !== "number" || !Number.isSafeInteger(Math.floor(number))) {
      throw new UsageError(`"${key}" is not a ${isSize ? "size in bytes" : "number"}: "${value}"`);
    }
    return [key, Math.floor(number)];
  }));
}
