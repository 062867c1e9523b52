import {
  AuthError,
  ConflictError,
  CorruptDataError,
  NotFoundError,
  PbsError,
  UsageError,
} from "../errors/mod.ts";
import { isAuthIdText, isTransientError } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { OWNER_FILE } from "./format.ts";

/**
 * The owner of a group, or undefined if it has none that can be read.
 *
 * @throws {ConnectionError} if a store elsewhere does not answer.
 */
export async function readOwner(group: DatastoreGroup): Promise<string | undefined> {
  try {
    return await readOwnerFile(group);
  } catch (error) {
    if (error instanceof PbsError && !isTransientError(error)) return undefined;
    throw error;
  }
}

/** @throws {SystemError} if there may be a good one that cannot be read now. */
async function readOwnerFile(group: DatastoreGroup): Promise<string | undefined> {
  try {
    const bytes = await group.datastore.files.read(group.file(OWNER_FILE));
    const text = new TextDecoder().decode(bytes);
    const owner = text.split("\n")[0]!.trimEnd();
    return isAuthIdText(owner) ? owner : undefined;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof CorruptDataError) return undefined;
    throw error;
  }
}

/** Writes the owner of a group. The caller holds the group's lock. */
export async function writeOwner(group: DatastoreGroup, owner: string): Promise<void> {
  if (!isAuthIdText(owner)) throw new UsageError(`"${owner}" is not an auth id`);
  const text = new TextEncoder().encode(`${owner}\n`);
  await group.datastore.files.replace(group.file(OWNER_FILE), text);
}

/** Whether somebody may act as owner: the owner itself, or the user whose token owns the group. */
export function isOwner(owner: string, authId: string): boolean {
  return owner === authId || owner.startsWith(`${authId}!`);
}

/** @throws {AuthError} if a group belongs to somebody else. */
export async function requireOwner(group: DatastoreGroup, authId: string): Promise<void> {
  const owner = await readOwnerFile(group);
  if (owner === undefined) {
    throw new ConflictError(
      `group "${group.path}" has no readable owner: "change-owner" gives it one`,
    );
  }
  if (!isOwner(owner, authId)) {
    throw new AuthError(`backup owner check failed (${authId} != ${owner})`, {
      situation: { kind: "group-of-another", group: group.path, owner },
    });
  }
}

/** Gives a group to somebody else. @throws {LockedError} if a backup of it is running. */
export async function changeGroupOwner(group: DatastoreGroup, owner: string): Promise<void> {
  if (!group.exists) throw new NotFoundError(`group "${group.path}" does not exist`);
  using _lock = await group.lock();
  await writeOwner(group, owner);
}
