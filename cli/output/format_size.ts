const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/**
 * A size in binary units, rounded to three decimals, without trailing zeros (spec: cli.md §8.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(formatSize(9000), "8.789 KiB");
 * assertEquals(formatSize(1073741824), "1 GiB");
 * ```
 */
export function formatSize(bytes: number): string {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes >= 1024 ** (unit + 1)) unit++;
  return `${Number((bytes / 1024 ** unit).toFixed(3))} ${UNITS[unit]}`;
}
