import {
  AuthError,
  ConflictError,
  CorruptDataError,
  NotFoundError,
  PbsError,
  UsageError,
} from "../errors/mod.ts";
import { type BackupGroup, formatGroupPath, isAuthIdText } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { OWNER_FILE } from "./format.ts";
import { groupFolder, joinPath } from "./layout.ts";

/** The owner of a group, or undefined if it has none that can be read. */
export async function readOwner(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<string | undefined> {
  try {
    return await readOwnerFile(datastore, namespace, group);
  } catch (error) {
    if (error instanceof PbsError) return undefined;
    throw error;
  }
}

/** @throws {SystemError} if there may be a good one that cannot be read now. */
async function readOwnerFile(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<string | undefined> {
  try {
    const path = joinPath(groupFolder(namespace, group), OWNER_FILE);
    const text = new TextDecoder().decode(await datastore.files.read(path));
    const owner = text.split("\n")[0]!.trimEnd();
    return isAuthIdText(owner) ? owner : undefined;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof CorruptDataError) return undefined;
    throw error;
  }
}

/** Writes the owner of a group. The caller holds the group's lock. */
export async function writeOwner(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  owner: string,
): Promise<void> {
  if (!isAuthIdText(owner)) throw new UsageError(`"${owner}" is not an auth id`);
  const path = joinPath(groupFolder(namespace, group), OWNER_FILE);
  await datastore.files.replace(path, new TextEncoder().encode(`${owner}\n`));
}

/** Whether somebody may act as owner: the owner itself, or the user whose token owns the group. */
export function isOwner(owner: string, authId: string): boolean {
  return owner === authId || owner.startsWith(`${authId}!`);
}

/** @throws {AuthError} if a group belongs to somebody else. */
export async function requireOwner(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  authId: string,
): Promise<void> {
  const owner = await readOwnerFile(datastore, namespace, group);
  if (owner === undefined) {
    throw new ConflictError(
      `group "${formatGroupPath(group)}" has no readable owner: "change-owner" gives it one`,
    );
  }
  if (!isOwner(owner, authId)) {
    throw new AuthError(`backup owner check failed (${authId} != ${owner})`, {
      situation: { kind: "group-of-another", group: formatGroupPath(group), owner },
    });
  }
}

/** Gives a group to somebody else. @throws {LockedError} if a backup of it is running. */
export async function changeGroupOwner(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  owner: string,
): Promise<void> {
  if (!datastore.files.hasFolder(groupFolder(namespace, group))) {
    throw new NotFoundError(`group "${formatGroupPath(group)}" does not exist`);
  }
  using _lock = await datastore.locks.acquire(namespace, formatGroupPath(group), "exclusive");
  await writeOwner(datastore, namespace, group, owner);
}
