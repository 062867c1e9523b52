import { NotFoundError, PbsError } from "../errors/mod.ts";
import { isTransientError } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { GROUP_NOTES_FILE } from "./format.ts";

/**
 * The notes of a group, or undefined if it has none that can be read.
 *
 * @throws {ConnectionError} if a store elsewhere does not answer.
 */
export async function readGroupNotes(group: DatastoreGroup): Promise<string | undefined> {
  try {
    const bytes = await group.datastore.files.read(group.file(GROUP_NOTES_FILE));
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (error instanceof PbsError && !isTransientError(error)) return undefined;
    throw error;
  }
}

/** Replaces the notes of a group. @throws {LockedError} if a backup of it is running. */
export async function writeGroupNotes(group: DatastoreGroup, notes: string): Promise<void> {
  if (!group.exists) throw new NotFoundError(`group "${group.path}" does not exist`);
  using _lock = await group.lock();
  const text = new TextEncoder().encode(notes);
  await group.datastore.files.replace(group.file(GROUP_NOTES_FILE), text);
}
