import type { DeletionCounts } from "../../repository/mod.ts";

/** Counters of a deletion as answers show them (spec: protocol.md §7.3). */
export function deletionMembers(counts: DeletionCounts): Record<string, number> {
  return {
    "removed-groups": counts.removedGroups,
    "removed-snapshots": counts.removedSnapshots,
    "protected-snapshots": counts.protectedSnapshots,
  };
}
