import { type BackupGroup, formatGroupPath } from "../repository/mod.ts";

/**
 * The path of a group with its namespace in front, as in `site/a:host/web`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(placedGroupPath({ namespace: "a/b", type: "host", id: "c" }), "a/b:host/c");
 * ```
 */
export function placedGroupPath(group: BackupGroup & { readonly namespace: string }): string {
  const path = formatGroupPath(group);
  return group.namespace === "" ? path : `${group.namespace}:${path}`;
}
