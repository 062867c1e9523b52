import { type DatastoreGroup, isOwner, readOwner } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import type { BackupGroup, BackupSnapshot, BackupType } from "../../repository/mod.ts";
import { namespaceAclPath, type Privilege } from "../access/mod.ts";
import type { ParameterValues } from "../api/mod.ts";
import type { RestContext } from "../state/mod.ts";

/** Access of a caller to a namespace. */
export interface NamespaceAccess {
  /** Only with groups that the caller owns. */
  readonly ownOnly: boolean;
}

/**
 * Asks for privileges on a namespace (spec: protocol.md §2.9).
 *
 * @param full One of them gives access to everything.
 * @param limited One of them gives access to what the caller owns.
 * @throws {ServerError} with 403 if there is none of them.
 */
export function requireNamespaceAccess(
  { state, authId }: RestContext,
  store: string,
  namespace: string,
  full: readonly Privilege[],
  limited: readonly Privilege[] = [],
): NamespaceAccess {
  const path = namespaceAclPath(store, namespace);
  const { rules } = state.access;
  if (rules.hasAny(authId, path, full)) return { ownOnly: false };
  if (rules.hasAny(authId, path, limited)) return { ownOnly: true };
  const wanted = [...full, ...limited].join("|");
  throw new ServerError(403, `permission check failed - missing ${wanted} on ${path}`);
}

/** @throws {ServerError} with 400 if a group belongs to somebody else. */
export async function requireGroupOwner(
  { authId }: RestContext,
  group: DatastoreGroup,
): Promise<void> {
  const owner = await readOwner(group);
  if (owner === undefined) {
    throw new ServerError(
      400,
      `group "${group.path}" has no readable owner - ENOENT: No such file or directory`,
    );
  }
  if (!isOwner(owner, authId)) {
    throw new ServerError(400, `backup owner check failed (${authId} != ${owner})`);
  }
}

/** The group that a call names. */
export function groupOf(values: ParameterValues): BackupGroup {
  return { type: values.text("backup-type") as BackupType, id: values.text("backup-id") };
}

/** The snapshot that a call names. */
export function snapshotOf(values: ParameterValues): BackupSnapshot {
  return { ...groupOf(values), time: values.integer("backup-time") };
}
