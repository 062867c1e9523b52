import type { ApiParameters } from "../rest/mod.ts";
import type {
  BackupGroup,
  BackupSnapshot,
  PruneRequest,
  VerifyRequest,
} from "../repository/mod.ts";

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

/** The parameters that say what to verify. */
export function verifyParameters(request: VerifyRequest): ApiParameters {
  return {
    ...(request.group ? groupParameters(request.group) : {}),
    ...namespaceParameter(request.namespace),
    "backup-time": request.time,
    "ignore-verified": request.ignoreVerified,
    "outdated-after": request.outdatedAfterDays,
    "max-depth": request.maxDepth,
  };
}

/** The parameters that say what to prune, and what to keep. */
export function pruneParameters(
  { namespace, group, keep, dryRun }: PruneRequest,
): ApiParameters {
  return {
    ...groupParameters(group),
    ...namespaceParameter(namespace),
    "dry-run": dryRun || undefined,
    "keep-last": keep.last,
    "keep-hourly": keep.hourly,
    "keep-daily": keep.daily,
    "keep-weekly": keep.weekly,
    "keep-monthly": keep.monthly,
    "keep-yearly": keep.yearly,
  };
}
