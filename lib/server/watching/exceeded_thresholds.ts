import type { RequestCounts } from "../../s3/mod.ts";
import type { RequestThresholds } from "../config/mod.ts";

const COUNTS: Readonly<Record<keyof RequestThresholds, keyof RequestCounts>> = {
  "s3-get": "get",
  "s3-put": "put",
  "s3-post": "post",
  "s3-head": "head",
  "s3-delete": "delete",
  "s3-upload": "uploaded",
  "s3-download": "downloaded",
};

/**
 * The thresholds that counts of requests have passed, each as words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const counts = { get: 5, put: 9, post: 0, head: 0, delete: 0, uploaded: 7, downloaded: 0 };
 * assertEquals(exceededThresholds({ "s3-get": 5, "s3-put": 8 }, counts), ["s3-put: 9, not 8"]);
 * ```
 */
export function exceededThresholds(
  thresholds: RequestThresholds,
  counts: RequestCounts,
): string[] {
  return Object.entries(thresholds).flatMap(([key, most]) => {
    const count = counts[COUNTS[key as keyof RequestThresholds]];
    return most !== undefined && count > most ? [`${key}: ${count}, not ${most}`] : [];
  });
}
