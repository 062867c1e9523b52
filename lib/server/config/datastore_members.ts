import { UsageError } from "../../errors/mod.ts";
import { formatBackend } from "./datastore_backend.ts";
import { formatTuning, TUNED_PROPERTIES } from "./datastore_tuning.ts";
import { formatMaintenance } from "./maintenance_mode.ts";
import { formatThresholds } from "./request_thresholds.ts";
import type { DatastoreConfig } from "./server_config.ts";

/** Properties of datastores that can be changed and removed, by the words of the reference. */
export const CHANGEABLE_PROPERTIES: readonly string[] = [
  "comment",
  "counter-reset-schedule",
  "gc-schedule",
  "maintenance-mode",
  "notification-thresholds",
  "tuning",
  "verify-new",
];

/** Members of a datastore's configuration, as the API of the reference shows them. */
export function datastoreMembers(config: DatastoreConfig): Record<string, unknown> {
  const { name, path, comment, gcSchedule, verifyNew, maintenance, backend, thresholds } = config;
  const tuning = formatTuning(config);
  return {
    name,
    path,
    ...comment !== undefined && { comment },
    ...gcSchedule !== undefined && { "gc-schedule": gcSchedule },
    ...verifyNew && { "verify-new": true },
    ...maintenance && { "maintenance-mode": formatMaintenance(maintenance) },
    ...backend && { backend: formatBackend(backend) },
    ...thresholds && { "notification-thresholds": formatThresholds(thresholds) },
    ...config.counterResetSchedule !== undefined &&
      { "counter-reset-schedule": config.counterResetSchedule },
    ...tuning !== undefined && { tuning },
  };
}

/**
 * The properties of the file that go when some of the API's are removed.
 *
 * @param tunes Whether the tuning is set anew, and what it was before goes.
 * @throws {UsageError} if one cannot be removed.
 */
export function removedProperties(names: readonly string[], tunes: boolean): string[] {
  const wrong = names.find((name) => !CHANGEABLE_PROPERTIES.includes(name));
  if (wrong !== undefined) throw new UsageError(`there is no property "${wrong}" to remove`);
  const removed = names.flatMap((name) => name === "tuning" ? TUNED_PROPERTIES : name);
  return tunes ? [...removed, ...TUNED_PROPERTIES] : removed;
}
