import {
  type Datastore,
  groupsOf,
  isOwner,
  namespacesBelow,
  pruneGroup,
  readOwner,
} from "../../datastore/mod.ts";
import { describeError, NotFoundError, PbsError } from "../../errors/mod.ts";
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
 * Prunes all groups of a namespace and of those below it. One that cannot be pruned does not keep the
 * others from it.
 *
 * @throws {PbsError} if there were such.
 * @throws {CancelledError} if the task was asked to stop.
 */
export async function pruneNamespaces(
  datastore: Datastore,
  { namespace, maxDepth, keep, dryRun = false, owner }: NamespacePrune,
  { log, signal }: Pick<Task, "log" | "signal">,
): Promise<void> {
  let failed = 0;
  for (const each of await namespacesBelow(datastore, namespace, maxDepth)) {
    for (const group of await groupsOf(datastore, each)) {
      signal.throwIfAborted();
      const groupOwner = owner === undefined ? undefined : await readOwner(group);
      if (owner !== undefined && (groupOwner === undefined || !isOwner(groupOwner, owner))) {
        continue;
      }
      log(`pruning group "${group.path}" of namespace "${each}"`);
      try {
        const decisions = await pruneGroup(group, keep, dryRun, log);
        for (const decision of decisions) log(`${decision.mark} ${formatSnapshotPath(decision)}`);
      } catch (error) {
        // Somebody has removed it meanwhile.
        if (error instanceof NotFoundError) continue;
        if (!(error instanceof PbsError)) throw error;
        failed++;
        log(`WARN: cannot prune group "${group.path}": ${describeError(error).join(": ")}`, true);
      }
    }
  }
  if (failed > 0) throw new PbsError(`${failed} groups could not be pruned`);
}
