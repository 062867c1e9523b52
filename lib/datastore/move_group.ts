import { ConflictError, NotFoundError } from "../errors/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { GROUP_NOTES_FILE, OWNER_FILE } from "./format.ts";
import { readOwner, writeOwner } from "./group_owner.ts";
import { typeFolder } from "./layout.ts";
import { removeGroupIfEmpty } from "./remove_snapshot.ts";
import { requireNamespace, snapshotsOf } from "./snapshot_tree.ts";

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
  source: DatastoreGroup,
  to: string,
  { merge = true, log = () => {} }: MoveGroupOptions = {},
): Promise<void> {
  const { datastore, namespace: from, path } = source;
  if (from === to) throw new ConflictError("source and target namespace must be different");
  requireNamespace(datastore, to);
  const target = source.in(to);
  using _mover = await datastore.processLock.acquireMove();
  using held = new DisposableStack();
  held.use(await source.lock());
  held.use(await target.lock());
  if (!source.exists) {
    throw new NotFoundError(`group "${path}" does not exist in namespace "${from}"`);
  }
  const snapshots = (await snapshotsOf(source)).reverse();
  await checkTarget(source, target, merge, snapshots[0]?.time);
  // All of them before the first is moved, so that one in use leaves the group in one piece.
  for (const snapshot of snapshots) held.use(await snapshot.lock("exclusive"));
  log(`moving group "${path}" from namespace "${from}" to "${to}": ${snapshots.length} snapshots`);
  await makeGroup(source, target);
  for (const snapshot of snapshots) {
    const moved = DatastoreSnapshot.of(target, snapshot.time);
    await datastore.files.moveFolder(snapshot.folder, moved.folder);
    log(`moved snapshot "${snapshot.path}"`);
  }
  await removeGroupIfEmpty(source);
}

/** @param oldest Time of the first snapshot that is to be moved. */
async function checkTarget(
  source: DatastoreGroup,
  target: DatastoreGroup,
  merge: boolean,
  oldest: number | undefined,
): Promise<void> {
  const { path, namespace: to } = target;
  if (!target.exists) return;
  if (!merge) throw new ConflictError(`group "${path}" exists in namespace "${to}" already`);
  const [newest] = await snapshotsOf(target);
  if (newest !== undefined && oldest !== undefined && oldest <= newest.time) {
    throw new ConflictError(
      `group "${path}" in namespace "${to}" has snapshots that are not older than those to be moved`,
    );
  }
  if (await readOwner(source) !== await readOwner(target)) {
    throw new ConflictError(`group "${path}" has another owner in namespace "${to}"`);
  }
}

async function makeGroup(source: DatastoreGroup, target: DatastoreGroup): Promise<void> {
  const { files } = target.datastore;
  await files.makeFolder(typeFolder(target.namespace, target.name.type));
  await files.makeFolder(target.folder);
  const owner = await readOwner(source);
  if (files.size(target.file(OWNER_FILE)) === undefined && owner !== undefined) {
    await writeOwner(target, owner);
  }
  const notes = source.file(GROUP_NOTES_FILE);
  const targetNotes = target.file(GROUP_NOTES_FILE);
  if (files.size(notes) !== undefined && files.size(targetNotes) === undefined) {
    await files.rename(notes, targetNotes);
  }
}
