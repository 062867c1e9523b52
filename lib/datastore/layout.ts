import {
  type BackupGroup,
  type BackupSnapshot,
  type BackupType,
  checkGroup,
  checkSnapshotName,
  formatBackupTime,
  isSafeName,
  namespaceComponents,
} from "../repository/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { ARCHIVE_FILE_PATTERN, NAMESPACE_FOLDER } from "./format.ts";

/** Joins parts of a path below the datastore's root; empty parts vanish. */
export function joinPath(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

/** Folder of a namespace below the datastore's root, `""` for the root namespace. */
export function namespaceFolder(namespace: string): string {
  return namespaceComponents(namespace).map((name) => `${NAMESPACE_FOLDER}/${name}`).join("/");
}

/** Folder of all groups of a type. */
export function typeFolder(namespace: string, type: BackupType): string {
  return joinPath(namespaceFolder(namespace), type);
}

/** Folder of a group. @throws {UsageError} if there can be no such group. */
export function groupFolder(namespace: string, group: BackupGroup): string {
  checkGroup(group);
  return joinPath(typeFolder(namespace, group.type), group.id);
}

/** Folder of a snapshot. @throws {UsageError} if there can be no such snapshot. */
export function snapshotFolder(namespace: string, snapshot: BackupSnapshot): string {
  checkSnapshotName(snapshot);
  return joinPath(groupFolder(namespace, snapshot), formatBackupTime(snapshot.time));
}

/**
 * Checks the name of a file of a snapshot that comes from outside.
 *
 * @throws {UsageError} if it is not the name of an index or a blob.
 */
export function checkArchiveFileName(name: string): void {
  if (!isSafeName(name) || !ARCHIVE_FILE_PATTERN.test(name)) {
    throw new UsageError(`"${name}" is not the name of an index or a blob`);
  }
}
