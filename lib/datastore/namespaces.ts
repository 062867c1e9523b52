import { ConflictError, NotFoundError, UsageError } from "../errors/mod.ts";
import {
  BACKUP_TYPES,
  type DeletionCounts,
  namespaceComponents,
  type NamespaceInfo,
  parentNamespace,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { NAMESPACE_FOLDER } from "./format.ts";
import { joinPath, namespaceFolder, typeFolder } from "./layout.ts";
import { removeGroup } from "./remove_group.ts";
import { groupsOf, namespacesBelow } from "./snapshot_tree.ts";

/** A namespace and those below it, parents first. One that does not exist is not noticed. */
export async function listNamespaces(
  datastore: Datastore,
  parent: string,
  maxDepth?: number,
): Promise<NamespaceInfo[]> {
  const namespaces = await namespacesBelow(datastore, parent, maxDepth);
  return namespaces.map((namespace) => ({ namespace }));
}

/**
 * Creates a namespace; one that is there already is fine.
 *
 * @throws {NotFoundError} if its parent does not exist.
 */
export async function createNamespace(datastore: Datastore, namespace: string): Promise<void> {
  namespaceComponents(namespace);
  const parent = parentNamespace(namespace);
  if (parent === undefined) throw new UsageError("root namespace is always present");
  const folder = namespaceFolder(parent);
  if (!datastore.files.hasFolder(folder)) {
    throw new NotFoundError(
      `cannot create new namespace, parent "${parent}" doesn't already exists`,
    );
  }
  await datastore.files.makeFolder(joinPath(folder, NAMESPACE_FOLDER));
  await datastore.files.makeFolder(namespaceFolder(namespace));
}

/**
 * Removes a namespace and those below it (spec: protocol.md §7.6). One that does not exist counts as
 * removed.
 *
 * @param deleteGroups Without it, groups stay, with the namespaces that hold them.
 * @param keepProtected Protected snapshots that stay are no error then.
 * @throws {ConflictError} if something had to stay; what was removable is gone then.
 */
export async function deleteNamespace(
  datastore: Datastore,
  namespace: string,
  deleteGroups: boolean,
  keepProtected = false,
): Promise<DeletionCounts> {
  if (namespace === "") throw new UsageError("root namespace cannot be deleted");
  const total = { removedGroups: 0, removedSnapshots: 0, protectedSnapshots: 0 };
  if (!datastore.files.hasFolder(namespaceFolder(namespace))) return total;
  let complete = true;
  for (const each of (await namespacesBelow(datastore, namespace)).reverse()) {
    for (const group of deleteGroups ? await groupsOf(datastore, each) : []) {
      const counts = await removeGroup(group);
      total.removedGroups += counts.removedGroups;
      total.removedSnapshots += counts.removedSnapshots;
      total.protectedSnapshots += counts.protectedSnapshots;
    }
    complete = await removeEmptyNamespace(datastore, each) && complete;
  }
  if (!complete && !(deleteGroups && keepProtected && total.protectedSnapshots > 0)) {
    const reason = deleteGroups
      ? `${total.protectedSnapshots} of their snapshots are protected`
      : "deleting groups was not asked for";
    throw new ConflictError(`only partially deleted due to existing groups but ${reason}`);
  }
  return total;
}

async function removeEmptyNamespace(
  { files }: Datastore,
  namespace: string,
): Promise<boolean> {
  for (const type of BACKUP_TYPES) await files.removeEmptyFolder(typeFolder(namespace, type));
  const folder = namespaceFolder(namespace);
  await files.removeEmptyFolder(joinPath(folder, NAMESPACE_FOLDER));
  if (!await files.removeEmptyFolder(folder)) return false;
  // The last one takes the folder of its kind along.
  const parent = namespaceFolder(parentNamespace(namespace)!);
  await files.removeEmptyFolder(joinPath(parent, NAMESPACE_FOLDER));
  return true;
}
