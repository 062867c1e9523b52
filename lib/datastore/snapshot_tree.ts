import { NotFoundError } from "../errors/mod.ts";
import {
  BACKUP_TYPES,
  childNamespace,
  compareGroups,
  formatBackupTime,
  isSafeName,
  MANIFEST_BLOB_NAME,
  MAX_NAMESPACE_DEPTH,
  namespaceComponents,
  parseBackupTime,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import {
  ARCHIVE_FILE_PATTERN,
  NAMESPACE_FOLDER,
  PROTECTED_FILE,
  SNAPSHOT_FOLDER_PATTERN,
} from "./format.ts";
import { joinPath, namespaceFolder, typeFolder } from "./layout.ts";
import type { FolderEntry } from "./snapshot_files.ts";

/** @throws {NotFoundError} if there is no such namespace. */
export function requireNamespace(datastore: Datastore, namespace: string): void {
  if (!datastore.files.hasFolder(namespaceFolder(namespace))) {
    throw new NotFoundError(`namespace "${namespace}" not found`, {
      situation: { kind: "no-namespace", namespace },
    });
  }
}

/** @throws {NotFoundError} if there is no such snapshot. */
export function requireSnapshot(snapshot: DatastoreSnapshot): void {
  if (snapshot.exists) return;
  const { namespace, path } = snapshot;
  const where = namespace === "" ? "" : ` in namespace "${namespace}"`;
  throw new NotFoundError(`snapshot "${path}"${where} does not exist`);
}

/** The groups of a namespace, in the order of listings; other folders are ignored. */
export async function groupsOf(
  datastore: Datastore,
  namespace: string,
): Promise<DatastoreGroup[]> {
  requireNamespace(datastore, namespace);
  const groups: DatastoreGroup[] = [];
  for (const type of BACKUP_TYPES) {
    for (const { name, kind } of await listOrNothing(datastore, typeFolder(namespace, type))) {
      if (kind !== "folder" || !isSafeName(name)) continue;
      groups.push(new DatastoreGroup(datastore, namespace, { type, id: name }));
    }
  }
  return groups.sort((a, b) => compareGroups(a.name, b.name));
}

/** The snapshots of a group, newest first; none if there is no such group. */
export async function snapshotsOf(group: DatastoreGroup): Promise<DatastoreSnapshot[]> {
  const snapshots: DatastoreSnapshot[] = [];
  for (const { name, kind } of await listOrNothing(group.datastore, group.folder)) {
    if (kind !== "folder" || !SNAPSHOT_FOLDER_PATTERN.test(name)) continue;
    const time = timeOf(name);
    if (time !== undefined) snapshots.push(DatastoreSnapshot.of(group, time));
  }
  return snapshots.sort((a, b) => b.time - a.time);
}

/** Contents of a snapshot's folder. */
export interface SnapshotContents {
  /** Names of indexes and blobs, sorted. */
  readonly files: readonly string[];
  /** Whether there is a manifest. */
  readonly finished: boolean;
  readonly protected: boolean;
}

/** Contents of a snapshot's folder. @throws {NotFoundError} if there is no such snapshot. */
export async function snapshotContents(snapshot: DatastoreSnapshot): Promise<SnapshotContents> {
  const entries = await snapshot.datastore.files.list(snapshot.folder);
  const names = entries.filter((entry) => entry.kind === "file").map((entry) => entry.name);
  const files = names.filter((name) => ARCHIVE_FILE_PATTERN.test(name)).sort();
  return {
    files,
    finished: files.includes(MANIFEST_BLOB_NAME),
    protected: entries.some((entry) => entry.name === PROTECTED_FILE),
  };
}

/**
 * A namespace and those below it, parents first.
 *
 * @param maxDepth How many levels below it.
 */
export async function namespacesBelow(
  datastore: Datastore,
  parent: string,
  maxDepth: number = MAX_NAMESPACE_DEPTH,
): Promise<string[]> {
  const found = [parent];
  const depth = namespaceComponents(parent).length;
  if (maxDepth === 0 || depth >= MAX_NAMESPACE_DEPTH) return found;
  const folder = joinPath(namespaceFolder(parent), NAMESPACE_FOLDER);
  const names = (await listOrNothing(datastore, folder))
    .filter(({ name, kind }) => kind === "folder" && isSafeName(name))
    .map((entry) => entry.name).sort();
  for (const name of names) {
    found.push(...await namespacesBelow(datastore, childNamespace(parent, name), maxDepth - 1));
  }
  return found;
}

async function listOrNothing(datastore: Datastore, folder: string): Promise<FolderEntry[]> {
  try {
    return await datastore.files.list(folder);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** The time a folder stands for, unless the time would be written differently. */
function timeOf(name: string): number | undefined {
  try {
    const time = parseBackupTime(name);
    return time >= 1 && formatBackupTime(time) === name ? time : undefined;
  } catch {
    return undefined;
  }
}
