import {
  changeGroupOwner,
  type DatastoreGroup,
  isOwner,
  listGroups,
  readGroupNotes,
  readOwner,
  removeGroup,
  writeGroupNotes,
} from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import {
  type Answer,
  AUTH_ID,
  BOOLEAN,
  NS,
  optional,
  type ParameterValues,
  STORE,
  TEXT,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { requireNamespaceAccess } from "./datastore_access.ts";
import { deletionMembers } from "./deletion_members.ts";
import { groupRoute, type NamedGroup } from "./group_route.ts";

/** Calls about groups (spec: protocol.md §7.3). */
export const GROUP_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "admin/datastore/{store}/groups",
    parameters: { "store": STORE, "ns": NS },
    permission: "user",
    handle: list,
  },
  groupRoute({
    method: "DELETE",
    name: "groups",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Prune"],
    parameters: { "error-on-protected": optional(BOOLEAN) },
    handle: remove,
  }),
  groupRoute({
    method: "GET",
    name: "group-notes",
    full: ["Datastore.Audit"],
    limited: ["Datastore.Backup"],
    handle: async ({ group }) => ({
      data: await readGroupNotes(group) ?? "",
    }),
  }),
  groupRoute({
    method: "PUT",
    name: "group-notes",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Backup"],
    parameters: { "notes": TEXT },
    handle: async ({ group }, values) => {
      await writeGroupNotes(group, values.text("notes"));
      return { data: null };
    },
  }),
  groupRoute({
    method: "POST",
    name: "change-owner",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Backup"],
    parameters: { "new-owner": AUTH_ID },
    requireOwner: requirePassingOn,
    handle: changeOwner,
  }),
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

async function remove(
  { group }: NamedGroup,
  values: ParameterValues,
): Promise<Answer> {
  const counts = await removeGroup(group);
  if (counts.protectedSnapshots > 0 && values.boolean("error-on-protected", true)) {
    throw new ServerError(400, "group only partially deleted due to protected snapshots");
  }
  return { data: deletionMembers(counts) };
}

async function changeOwner(
  { group }: NamedGroup,
  values: ParameterValues,
  { state }: RestContext,
): Promise<Answer> {
  const newOwner = values.text("new-owner");
  if (!state.access.isActive(newOwner)) {
    throw new ServerError(400, `"${newOwner}" is inactive or does not exist`);
  }
  await changeGroupOwner(group, newOwner);
  return { data: null };
}

async function requirePassingOn(
  { authId }: RestContext,
  { group }: NamedGroup,
  values: ParameterValues,
): Promise<void> {
  const newOwner = values.text("new-owner");
  const owner = await readOwner(group);
  if (owner === undefined || !mayPassOn(authId, owner, newOwner)) {
    throw new ServerError(401, cannotChange(authId, group, newOwner));
  }
}

/** A user may pass a group on among itself and its tokens (spec: protocol.md §7.3). */
function mayPassOn(authId: string, owner: string, newOwner: string): boolean {
  if (authId.includes("!") || owner === newOwner) return false;
  return isOwner(owner, authId) && isOwner(newOwner, authId);
}

function cannotChange(authId: string, { path }: DatastoreGroup, newOwner: string): string {
  return `${authId} does not have permission to change owner of backup group '${path}' to ${newOwner}`;
}
