import type { BackupGroup } from "../../lib/repository/mod.ts";

/** Orders rows of tables by type, id (bytewise, numbers too) and time (spec: cli.md §1.8). */
export function compareByPath(
  a: BackupGroup & { readonly time?: number },
  b: BackupGroup & { readonly time?: number },
): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return (a.time ?? 0) - (b.time ?? 0);
}
