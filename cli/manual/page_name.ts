/**
 * The name of the page of a command or group.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(pageName("pbs-client", "snapshot list"), "pbs-client-snapshot-list");
 * ```
 */
export function pageName(program: string, name: string): string {
  return [program, ...name.split(" ")].filter((word) => word !== "").join("-");
}
