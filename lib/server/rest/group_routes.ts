import {
  changeGroupOwner,
  isOwner,
  listGroups,
  readGroupNotes,
  readOwner,
  removeGroup,
  writeGroupNotes,
} from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { type BackupGroup, formatGroupPath } from "../../repository/mod.ts";
import { optional } from "../api/parameter_schema.ts";
import type { ParameterValues } from "../api/parameter_values.ts";
import type { Answer } from "../api/route.ts";
import { AUTH_ID, BOOLEAN, GROUP, NS, STORE, TEXT } from "../api/schemas.ts";
import type { RestContext, RestRoute } from "../state/rest_context.ts";
import { groupOf, requireGroupOwner, requireNamespaceAccess } from "./datastore_access.ts";
import { deletionMembers } from "./deletion_members.ts";

const NAMED_GROUP = { "store": STORE, "ns": NS, ...GROUP };

/** Calls about groups (spec: protocol.md §7.3). */
export const GROUP_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "admin/datastore/{store}/groups",
    parameters: { "store": STORE, "ns": NS },
    permission: "user",
    handle: list,
  },
  {
    method: "DELETE",
    path: "admin/datastore/{store}/groups",
    parameters: { ...NAMED_GROUP, "error-on-protected": optional(BOOLEAN) },
    permission: "user",
    handle: remove,
  },
  {
    method: "GET",
    path: "admin/datastore/{store}/group-notes",
    parameters: NAMED_GROUP,
    permission: "user",
    handle: readNotes,
  },
  {
    method: "PUT",
    path: "admin/datastore/{store}/group-notes",
    parameters: { ...NAMED_GROUP, "notes": TEXT },
    permission: "user",
    handle: writeNotes,
  },
  {
    method: "POST",
    path: "admin/datastore/{store}/change-owner",
    parameters: { ...NAMED_GROUP, "new-owner": AUTH_ID },
    permission: "user",
    handle: changeOwner,
  },
];

async function list(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Audit"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "read");
  const groups = await listGroups(datastore, namespace);
  const visible = groups.filter(({ owner }) => !ownOnly || isOwner(owner!, context.authId));
  return {
    data: visible.map((group) => ({
      "backup-type": group.type,
      "backup-id": group.id,
      "last-backup": group.lastBackup,
      "backup-count": group.backupCount,
      "files": group.files,
      "owner": group.owner,
      ...group.comment !== undefined && { comment: group.comment },
    })),
  };
}

async function remove(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace, group] = [values.text("store"), values.text("ns"), groupOf(values)];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Modify"],
    ["Datastore.Prune"],
  );
  const { datastore } = context.state.datastore(store, "write");
  if (ownOnly) await requireGroupOwner(context, datastore, namespace, group);
  const counts = await removeGroup(datastore, namespace, group);
  if (counts.protectedSnapshots > 0 && values.boolean("error-on-protected", true)) {
    throw new ServerError(400, "group only partially deleted due to protected snapshots");
  }
  return { data: deletionMembers(counts) };
}

async function readNotes(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace, group] = [values.text("store"), values.text("ns"), groupOf(values)];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Audit"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "read");
  if (ownOnly) await requireGroupOwner(context, datastore, namespace, group);
  return { data: await readGroupNotes(datastore, namespace, group) ?? "" };
}

async function writeNotes(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace, group] = [values.text("store"), values.text("ns"), groupOf(values)];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Modify"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "write");
  if (ownOnly) await requireGroupOwner(context, datastore, namespace, group);
  await writeGroupNotes(datastore, namespace, group, values.text("notes"));
  return { data: null };
}

async function changeOwner(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace, group] = [values.text("store"), values.text("ns"), groupOf(values)];
  const newOwner = values.text("new-owner");
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Modify"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "write");
  if (ownOnly) {
    const owner = await readOwner(datastore, namespace, group);
    if (owner === undefined || !mayPassOn(context.authId, owner, newOwner)) {
      throw new ServerError(401, cannotChange(context.authId, group, newOwner));
    }
  }
  if (!context.state.access.isActive(newOwner)) {
    throw new ServerError(400, `"${newOwner}" is inactive or does not exist`);
  }
  await changeGroupOwner(datastore, namespace, group, newOwner);
  return { data: null };
}

/** A user may pass a group on among itself and its tokens (spec: protocol.md §7.3). */
function mayPassOn(authId: string, owner: string, newOwner: string): boolean {
  if (authId.includes("!") || owner === newOwner) return false;
  return isOwner(owner, authId) && isOwner(newOwner, authId);
}

function cannotChange(authId: string, group: BackupGroup, newOwner: string): string {
  const path = formatGroupPath(group);
  return `${authId} does not have permission to change owner of backup group '${path}' to ${newOwner}`;
}
