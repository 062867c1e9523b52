import { CancelledError, ConflictError, LockedError, UsageError } from "../errors/mod.ts";
import { childNamespace, namespaceComponents, type TaskLog } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { moveGroup } from "./move_group.ts";
import { createNamespace, deleteNamespace } from "./namespaces.ts";
import { groupsOf, namespacesBelow, requireNamespace } from "./snapshot_tree.ts";

/** How to move a namespace. */
export interface MoveNamespaceOptions {
  /** Levels below the namespace that are moved with it; default all. */
  readonly maxDepth?: number | undefined;
  /** Whether emptied namespaces are removed; default true. */
  readonly deleteSource?: boolean | undefined;
  /** Whether groups may be merged into those of the target; default true. */
  readonly mergeGroups?: boolean | undefined;
  readonly log?: TaskLog;
  /** Asks to stop before the next group. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Moves the groups of a namespace, and of those below it, under another name (spec: protocol.md
 * §7.6). Groups that cannot be moved stay, and are named in the error.
 *
 * @param to The new name; made if it is not there, merged into otherwise.
 * @throws {NotFoundError} if there is no such namespace.
 * @throws {ConflictError} if something had to stay.
 * @throws {CancelledError} if it was asked to stop; each group is in one place or the other.
 */
export async function moveNamespace(
  datastore: Datastore,
  from: string,
  to: string,
  options: MoveNamespaceOptions = {},
): Promise<void> {
  const { maxDepth, deleteSource = true, mergeGroups: merge = true, log = () => {} } = options;
  if (from === "" || to === "") throw new UsageError("the root namespace cannot be moved");
  if (from === to) throw new UsageError("source and target namespace must be different");
  if (to.startsWith(`${from}/`)) {
    throw new UsageError(`namespace "${from}" cannot be moved below itself, to "${to}"`);
  }
  requireNamespace(datastore, from);
  const sources = await namespacesBelow(datastore, from, maxDepth);
  const targets = sources.map((source) => to + source.slice(from.length));
  // What would be too deep is found before anything is moved.
  for (const target of targets) namespaceComponents(target);
  log(`moving namespace "${from}" to "${to}": ${sources.length} namespaces`);
  let [failed, locked] = [0, 0];
  for (const [i, source] of sources.entries()) {
    const target = targets[i]!;
    await makeNamespace(datastore, target);
    for (const group of await groupsOf(datastore, source)) {
      if (options.signal?.aborted) throw new CancelledError("the move was stopped");
      try {
        await moveGroup(group, target, { merge, log });
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        failed++;
        if (error instanceof LockedError) locked++;
        log(`WARN: ${error.message}`, true);
      }
    }
  }
  // Who waits for locks tries again then, and does not otherwise.
  if (failed > 0 && failed === locked) {
    throw new LockedError(`${failed} groups could not be moved: they are in use`);
  }
  if (failed > 0) throw new ConflictError(`${failed} groups could not be moved`);
  if (deleteSource) {
    for (const source of [...sources].reverse()) await deleteNamespace(datastore, source, false);
  }
}

async function makeNamespace(datastore: Datastore, namespace: string): Promise<void> {
  let made = "";
  for (const name of namespaceComponents(namespace)) {
    made = childNamespace(made, name);
    await createNamespace(datastore, made);
  }
}
