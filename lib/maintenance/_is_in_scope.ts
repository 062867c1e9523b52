import type { BackupGroup } from "../repository/mod.ts";
import { passesFilters } from "../filters/mod.ts";
import type { MaintenanceScope } from "./maintenance_plan.ts";

/** Whether a maintenance is about a group. @param owner Undefined if it has none that is known. */
export function isInScope(
  group: BackupGroup,
  owner: string | undefined,
  { owner: wanted, filters }: MaintenanceScope,
): boolean {
  const isOwned = wanted === undefined || owner === wanted ||
    owner?.startsWith(`${wanted}!`) === true;
  return isOwned && passesFilters(group, filters);
}

/** Whether some groups of the namespace are left out. */
export function isNarrow({ owner, filters }: MaintenanceScope): boolean {
  return owner !== undefined || filters.length > 0;
}
