import type { ApiParameters } from "../rest/mod.ts";
import type { BackupGroup, BackupSnapshot } from "../repository/mod.ts";

/** The root namespace is left out (spec: cli.md §9). */
export function namespaceParameter(namespace: string): { readonly ns?: string } {
  return namespace === "" ? {} : { ns: namespace };
}

/** The parameters that name a group. */
export function groupParameters(group: BackupGroup): ApiParameters {
  return { "backup-id": group.id, "backup-type": group.type };
}

/** The parameters that name a snapshot. */
export function snapshotParameters(namespace: string, snapshot: BackupSnapshot): ApiParameters {
  return {
    ...groupParameters(snapshot),
    "backup-time": snapshot.time,
    ...namespaceParameter(namespace),
  };
}
