import {
  type Datastore,
  groupsOf,
  isOwner,
  namespacesBelow,
  pruneGroup,
  readOwner,
} from "../../datastore/mod.ts";
import { formatSnapshotPath, type KeepOptions } from "../../repository/mod.ts";
import type { Task } from "../tasks/mod.ts";

/** Extent and rules of a prune. */
export interface NamespacePrune {
  readonly namespace: string;
  /** Levels below; all if absent. */
  readonly maxDepth?: number | undefined;
  readonly keep: KeepOptions;
  readonly dryRun?: boolean;
  /** Whose groups alone are pruned. */
  readonly owner?: string | undefined;
}

/**
 * Prunes all groups of a namespace and of those below it.
 *
 * @throws {CancelledError} if the task was asked to stop.
 */
export async function pruneNamespaces(
  datastore: Datastore,
  { namespace, maxDepth, keep, dryRun = false, owner }: NamespacePrune,
  { log, signal }: Pick<Task, "log" | "signal">,
): Promise<void> {
  for (const each of await namespacesBelow(datastore, namespace, maxDepth)) {
    for (const group of await groupsOf(datastore, each)) {
      signal.throwIfAborted();
      const groupOwner = owner === undefined ? undefined : await readOwner(group);
      if (owner !== undefined && (groupOwner === undefined || !isOwner(groupOwner, owner))) {
        continue;
      }
      log(`pruning group "${group.path}" of namespace "${each}"`);
      const decisions = await pruneGroup(group, keep, dryRun, log);
      for (const decision of decisions) log(`${decision.mark} ${formatSnapshotPath(decision)}`);
    }
  }
}
