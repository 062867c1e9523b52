import type { DeletionCounts } from "../../repository/mod.ts";

/** What was deleted, as answers show it (spec: protocol.md §7.3). */
export function deletionMembers(counts: DeletionCounts): Record<string, number> {
  return {
    "removed-groups": counts.removedGroups,
    "removed-snapshots": counts.removedSnapshots,
    "protected-snapshots": counts.protectedSnapshots,
  };
}
