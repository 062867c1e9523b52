import {
  archiveKind,
  type BackupGroup,
  CLIENT_LOG_BLOB_NAME,
  compareGroups,
  formatBackupTime,
  formatGroupPath,
  isFinished,
  isSafeName,
  MANIFEST_BLOB_NAME,
  parseArchiveName,
  type Repository,
  type SnapshotFile,
  type SnapshotInfo,
  splitArchiveNames,
} from "../repository/mod.ts";
import type { ListedChild } from "./_repository_node.ts";

/** Name of the folder with the namespaces below one, as in a datastore directory. */
const NAMESPACES = "ns";
/** Name of the link to the newest snapshot of a group. */
const LATEST = "latest";

const MAX_NAME_BYTES = 255;

/** Contents of a namespace: folders of types with their groups, and further namespaces. */
export async function listNamespace(
  repository: Repository,
  namespace: string,
  isShown: (group: BackupGroup) => boolean,
): Promise<ListedChild[]> {
  const [groups, namespaces] = await Promise.all([
    repository.listGroups(namespace),
    repository.listNamespaces(namespace, 1),
  ]);
  const types = new Map<string, ListedChild & { children: ListedChild[] }>();
  for (const { type, id, lastBackup } of groups.toSorted(compareGroups)) {
    const group = { type, id };
    if (!isShown(group) || !isShowable(id)) continue;
    let folder = types.get(type);
    if (folder === undefined) {
      folder = { name: type, is: { kind: "type", type }, identity: "", time: 0, children: [] };
      types.set(type, folder);
    }
    folder.children.push({
      name: id,
      is: { kind: "group", namespace, group },
      identity: "",
      time: lastBackup,
    });
  }
  const listed: ListedChild[] = [...types.values()].map((folder) => ({
    ...folder,
    time: Math.max(...folder.children.map(({ time }) => time)),
  }));
  const below = namespaces.filter((found) => found.namespace !== namespace).map((found) => {
    const name = found.namespace.slice(found.namespace.lastIndexOf("/") + 1);
    const is = { kind: "namespace", namespace: found.namespace } as const;
    return { name, is, identity: "", time: 0 };
  });
  const children = below.filter(({ name }) => isShowable(name));
  if (children.length > 0) {
    listed.push({ name: NAMESPACES, is: { kind: "namespaces" }, identity: "", time: 0, children });
  }
  return listed;
}

/** The finished snapshots of a group with their archives, oldest first, and a link to the newest. */
export async function listGroup(
  repository: Repository,
  namespace: string,
  group: BackupGroup,
): Promise<ListedChild[]> {
  const found = (await repository.listSnapshots(namespace, group)).filter(isFinished)
    .toSorted((a, b) => a.time - b.time);
  const listed = found.map((snapshot): ListedChild => {
    const { type, id, time } = snapshot;
    return {
      name: formatBackupTime(time),
      is: { kind: "snapshot", namespace, snapshot: { type, id, time } },
      identity: identityOf(snapshot),
      time,
      children: archivesOf(namespace, snapshot),
    };
  });
  const newest = listed.at(-1);
  if (newest === undefined) return [];
  const is = { kind: "latest", target: newest.name } as const;
  return [...listed, { name: LATEST, is, identity: "", time: newest.time }];
}

/** Whether any of these groups is meant; all if none is named. */
export function groupFilter(groups: readonly BackupGroup[]): (group: BackupGroup) => boolean {
  const paths = new Set(groups.map(formatGroupPath));
  return (group) => paths.size === 0 || paths.has(formatGroupPath(group));
}

/** Notes, verification and the log come later; its archives stay what they are. */
function identityOf({ files }: SnapshotInfo): string {
  return files.filter(isArchive).map(({ filename, size }) => `${filename} ${size}`).sort().join(
    "\n",
  );
}

/** Whether a file is shown: neither the manifest, nor the log, which the manifest does not list. */
function isArchive({ filename }: SnapshotFile): boolean {
  return filename !== MANIFEST_BLOB_NAME && filename !== CLIENT_LOG_BLOB_NAME &&
    isShowable(filename) && archiveKind(filename) !== undefined;
}

/** The kernel refuses a whole folder for one name that no file system may have. */
function isShowable(name: string): boolean {
  return isSafeName(name) && name.length <= MAX_NAME_BYTES;
}

function archivesOf(namespace: string, snapshot: SnapshotInfo): ListedChild[] {
  const { type, id, time } = snapshot;
  const files = snapshot.files.filter(isArchive);
  const names = new Set(files.map(({ filename }) => filename));
  const listed = new Map<string, ListedChild>();
  for (const { filename, size } of files) {
    const halves = splitArchiveNames(filename);
    const isSplit = halves !== undefined && names.has(halves.metadata) && names.has(halves.payload);
    if (isSplit && filename === halves.payload) continue;
    const serverName = isSplit ? filename.replace(/\.mpxar\.didx$/, ".pxar.didx") : filename;
    const { clientName, kind } = parseArchiveName(serverName);
    const archive = { namespace, snapshot: { type, id, time }, serverName };
    // Of a blob, the listing tells the size that it takes encoded.
    const known = kind === "blob" ? undefined : size;
    const is = serverName.endsWith(".pxar.didx")
      ? { kind: "tree", archive } as const
      : { kind: "file", archive, size: known } as const;
    const name = listed.has(clientName) ? serverName : clientName;
    listed.set(name, { name, is, identity: "", time });
  }
  return [...listed.values()];
}
