import { NotFoundError, PbsError } from "../errors/mod.ts";
import { type BackupGroup, formatGroupPath } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { GROUP_NOTES_FILE } from "./format.ts";
import { groupFolder, joinPath } from "./layout.ts";

/** The notes of a group, or undefined if it has none that can be read. */
export async function readGroupNotes(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<string | undefined> {
  try {
    const path = joinPath(groupFolder(namespace, group), GROUP_NOTES_FILE);
    return new TextDecoder().decode(await datastore.files.read(path));
  } catch (error) {
    if (error instanceof PbsError) return undefined;
    throw error;
  }
}

/** Replaces the notes of a group. @throws {LockedError} if a backup of it is running. */
export async function writeGroupNotes(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  notes: string,
): Promise<void> {
  const folder = groupFolder(namespace, group);
  if (!datastore.files.hasFolder(folder)) {
    throw new NotFoundError(`group "${formatGroupPath(group)}" does not exist`);
  }
  using _lock = await datastore.locks.acquire(namespace, formatGroupPath(group), "exclusive");
  const path = joinPath(folder, GROUP_NOTES_FILE);
  await datastore.files.replace(path, new TextEncoder().encode(notes));
}
