import { formatSize } from "./format_size.ts";

/**
 * A size with one decimal: a line that changes all the time must not jitter.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(coarseSize(9000), "8.7 KiB");
 * ```
 */
export function coarseSize(bytes: number): string {
  return formatSize(bytes).replace(/(\.\d)\d+/, "$1");
}
