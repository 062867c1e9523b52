import {
  groupsOf,
  isOwner,
  isProtected,
  listFiles,
  listSnapshots,
  ProtectedSnapshotError,
  readManifest,
  removeSnapshot,
  setProtected,
  typeFolder,
  updateManifest,
} from "../../datastore/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { notesOf, withNotes } from "../../manifest/mod.ts";
import type { BackupType, SnapshotFile, SnapshotInfo } from "../../repository/mod.ts";
import {
  type Answer,
  BACKUP_ID,
  BACKUP_TYPE,
  BOOLEAN,
  NS,
  optional,
  type ParameterValues,
  STORE,
  TEXT,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { requireNamespaceAccess } from "./datastore_access.ts";
import { type NamedSnapshot, snapshotRoute } from "./snapshot_route.ts";

/** Calls about snapshots (spec: protocol.md §7.4). */
export const SNAPSHOT_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "admin/datastore/{store}/snapshots",
    parameters: {
      "store": STORE,
      "ns": NS,
      "backup-type": optional(BACKUP_TYPE),
      "backup-id": optional(BACKUP_ID),
    },
    permission: "user",
    handle: list,
  },
  snapshotRoute({
    method: "DELETE",
    name: "snapshots",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Prune"],
    handle: remove,
  }),
  snapshotRoute({
    method: "GET",
    name: "files",
    full: ["Datastore.Audit", "Datastore.Read"],
    limited: ["Datastore.Backup"],
    handle: async ({ snapshot }) => {
      const files = await listFiles(snapshot);
      return { data: files.map(fileMembers) };
    },
  }),
  snapshotRoute({
    method: "GET",
    name: "notes",
    full: ["Datastore.Audit"],
    limited: ["Datastore.Backup"],
    handle: async ({ snapshot }) => {
      const manifest = await readManifest(snapshot);
      return { data: notesOf(manifest) ?? "" };
    },
  }),
  snapshotRoute({
    method: "PUT",
    name: "notes",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Backup"],
    parameters: { "notes": TEXT },
    handle: async ({ snapshot }, values) => {
      const notes = values.text("notes");
      await updateManifest(snapshot, (manifest) => withNotes(manifest, notes));
      return { data: null };
    },
  }),
  snapshotRoute({
    method: "GET",
    name: "protected",
    full: ["Datastore.Audit"],
    limited: ["Datastore.Backup"],
    handle: ({ snapshot }) => ({
      data: isProtected(snapshot),
    }),
  }),
  snapshotRoute({
    method: "PUT",
    name: "protected",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Backup"],
    parameters: { "protected": BOOLEAN },
    handle: async ({ snapshot }, values) => {
      await setProtected(snapshot, values.boolean("protected"));
      return { data: null };
    },
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
  const found = await find(datastore, namespace, values);
  const visible = found.filter(({ owner }) => !ownOnly || isOwner(owner!, context.authId));
  return { data: visible.map(snapshotMembers) };
}

async function find(
  datastore: Datastore,
  namespace: string,
  values: ParameterValues,
): Promise<SnapshotInfo[]> {
  const type = values.optionalText("backup-type");
  const id = values.optionalText("backup-id");
  const matches = (group: { readonly type: string; readonly id: string }) =>
    (type === undefined || group.type === type) && (id === undefined || group.id === id);
  if (type === undefined && id === undefined) return await listSnapshots(datastore, namespace);
  if (type !== undefined && id === undefined) requireTypeFolder(datastore, namespace, type);
  let groups;
  try {
    groups = (await groupsOf(datastore, namespace)).map(({ name }) => name).filter(matches);
  } catch (error) {
    // One group that is not there has no snapshots, wherever it is not (spec: protocol.md §7.4).
    if (type !== undefined && id !== undefined) return [];
    throw error;
  }
  const lists = await Promise.all(
    groups.map((group) => listSnapshots(datastore, namespace, group)),
  );
  return lists.flat();
}

/** A type of which there never was a group is an error on a real server (spec: protocol.md §7.4). */
function requireTypeFolder(datastore: Datastore, namespace: string, type: string): void {
  if (datastore.files.hasFolder(typeFolder(namespace, type as BackupType))) return;
  throw new ServerError(400, "ENOENT: No such file or directory");
}

async function remove({ snapshot }: NamedSnapshot): Promise<Answer> {
  try {
    await removeSnapshot(snapshot);
  } catch (cause) {
    if (!(cause instanceof ProtectedSnapshotError)) throw cause;
    throw new ServerError(400, "cannot remove protected snapshot", { cause });
  }
  return { data: null };
}

function snapshotMembers(info: SnapshotInfo): Record<string, unknown> {
  return {
    "backup-type": info.type,
    "backup-id": info.id,
    "backup-time": info.time,
    ...info.comment !== undefined && { comment: info.comment },
    ...info.verification !== undefined && { verification: info.verification },
    ...info.fingerprint !== undefined && { fingerprint: info.fingerprint },
    "files": info.files.map(fileMembers),
    ...info.size !== undefined && { size: info.size },
    ...info.owner !== undefined && { owner: info.owner },
    "protected": info.protected,
  };
}

function fileMembers({ filename, cryptMode, size }: SnapshotFile): Record<string, unknown> {
  return {
    filename,
    ...cryptMode !== undefined && { "crypt-mode": cryptMode },
    ...size !== undefined && { size },
  };
}
