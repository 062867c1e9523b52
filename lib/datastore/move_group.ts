import { ConflictError, NotFoundError } from "../errors/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  formatSnapshotPath,
  type TaskLog,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { GROUP_NOTES_FILE, OWNER_FILE } from "./format.ts";
import { readOwner, writeOwner } from "./group_owner.ts";
import { groupFolder, joinPath, snapshotFolder, typeFolder } from "./layout.ts";
import { removeGroupIfEmpty } from "./remove_snapshot.ts";
import { requireNamespace, snapshotTimesOf } from "./snapshot_tree.ts";

/** How to move a group. */
export interface MoveGroupOptions {
  /** Whether the target may have the group, with older snapshots only; default true. */
  readonly merge?: boolean | undefined;
  readonly log?: TaskLog;
}

/**
 * Moves a group with all its snapshots into another namespace (spec: protocol.md §7.3).
 *
 * @throws {NotFoundError} if there is no such group or no such namespace.
 * @throws {ConflictError} if the target's group stands in the way; nothing was moved then.
 * @throws {LockedError} if the group or one of its snapshots is in use, or garbage is collected.
 */
export async function moveGroup(
  datastore: Datastore,
  group: BackupGroup,
  from: string,
  to: string,
  { merge = true, log = () => {} }: MoveGroupOptions = {},
): Promise<void> {
  const path = formatGroupPath(group);
  const { files, locks } = datastore;
  if (from === to) throw new ConflictError("source and target namespace must be different");
  requireNamespace(datastore, to);
  using _mover = datastore.processLock.acquireMove();
  using held = new DisposableStack();
  held.use(await locks.acquire(from, path, "exclusive"));
  held.use(await locks.acquire(to, path, "exclusive"));
  if (!files.hasFolder(groupFolder(from, group))) {
    throw new NotFoundError(`group "${path}" does not exist in namespace "${from}"`);
  }
  const times = (await snapshotTimesOf(datastore, from, group)).reverse();
  await checkTarget(datastore, group, from, to, merge, times[0]);
  // All of them before the first is moved, so that one in use leaves the group in one piece.
  for (const time of times) {
    held.use(await locks.acquire(from, formatSnapshotPath({ ...group, time }), "exclusive"));
  }
  log(`moving group "${path}" from namespace "${from}" to "${to}": ${times.length} snapshots`);
  await makeGroup(datastore, group, from, to);
  for (const time of times) {
    const snapshot = { type: group.type, id: group.id, time };
    files.rename(snapshotFolder(from, snapshot), snapshotFolder(to, snapshot));
    log(`moved snapshot "${formatSnapshotPath(snapshot)}"`);
  }
  await removeGroupIfEmpty(datastore, from, group);
}

/** @param oldest Time of the first snapshot that is to be moved. */
async function checkTarget(
  datastore: Datastore,
  group: BackupGroup,
  from: string,
  to: string,
  merge: boolean,
  oldest: number | undefined,
): Promise<void> {
  const path = formatGroupPath(group);
  if (!datastore.files.hasFolder(groupFolder(to, group))) return;
  if (!merge) throw new ConflictError(`group "${path}" exists in namespace "${to}" already`);
  const [newest] = await snapshotTimesOf(datastore, to, group);
  if (newest !== undefined && oldest !== undefined && oldest <= newest) {
    throw new ConflictError(
      `group "${path}" in namespace "${to}" has snapshots that are not older than those to be moved`,
    );
  }
  const [source, target] = [
    await readOwner(datastore, from, group),
    await readOwner(datastore, to, group),
  ];
  if (source !== target) {
    throw new ConflictError(`group "${path}" has another owner in namespace "${to}"`);
  }
}

async function makeGroup(
  datastore: Datastore,
  group: BackupGroup,
  from: string,
  to: string,
): Promise<void> {
  const { files } = datastore;
  const target = groupFolder(to, group);
  files.makeFolder(typeFolder(to, group.type));
  files.makeFolder(target);
  const owner = await readOwner(datastore, from, group);
  if (files.size(joinPath(target, OWNER_FILE)) === undefined && owner !== undefined) {
    await writeOwner(datastore, to, group, owner);
  }
  const notes = joinPath(groupFolder(from, group), GROUP_NOTES_FILE);
  const targetNotes = joinPath(target, GROUP_NOTES_FILE);
  if (files.size(notes) !== undefined && files.size(targetNotes) === undefined) {
    files.rename(notes, targetNotes);
  }
}
