import { ConflictError, LockedError, NotFoundError } from "../errors/mod.ts";
import { verifyStateOf } from "../manifest/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  type BeginBackup,
  checkSnapshot,
  formatGroupPath,
  formatSnapshotPath,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { OWNER_FILE } from "./format.ts";
import { requireOwner, writeOwner } from "./group_owner.ts";
import { groupFolder, joinPath, snapshotFolder, typeFolder } from "./layout.ts";
import { type ChunkInspector, LocalBackupTarget } from "./local_backup_target.ts";
import { removeGroupIfEmpty } from "./remove_snapshot.ts";
import { readManifest } from "./snapshot_manifest.ts";
import { requireNamespace, snapshotContents, snapshotTimesOf } from "./snapshot_tree.ts";

/** How to begin a snapshot in a datastore. */
export interface BeginLocalBackup extends BeginBackup {
  /** Becomes the owner of a new group. */
  readonly owner: string;
  /** Whether a group that exists must belong to `owner`; a server asks for that. */
  readonly checkOwner: boolean;
  /** For chunks that come from outside the process. */
  readonly inspectChunk?: ChunkInspector;
}

/**
 * Begins a snapshot (spec: datastore-formats.md §6.4). Nothing is left behind if that is refused.
 *
 * @throws {NotFoundError} if there is no such namespace.
 * @throws {LockedError} if another backup of the group is running.
 * @throws {ConflictError} if the time is not later than that of the previous snapshot.
 * @throws {AuthError} if the group belongs to somebody else.
 */
export async function beginBackup(
  datastore: Datastore,
  begin: BeginLocalBackup,
): Promise<LocalBackupTarget> {
  const { namespace, snapshot } = begin;
  checkSnapshot(snapshot);
  requireNamespace(datastore, namespace);
  using locks = new DisposableStack();
  // Before anything is read: what garbage collection may delete depends on when writers began.
  locks.use(datastore.processLock.acquireShared());
  await openGroup(datastore, begin, locks);
  try {
    const previous = await findPrevious(datastore, namespace, snapshot);
    if (previous !== undefined) {
      if (snapshot.time <= previous.time) {
        throw new ConflictError("backup timestamp is older than last backup.");
      }
      locks.use(
        await datastore.locks.acquire(namespace, formatSnapshotPath(previous), "shared"),
      );
    }
    locks.use(
      await datastore.locks.acquire(namespace, formatSnapshotPath(snapshot), "exclusive"),
    );
    const writes = locks.use(datastore.files.watchWrites());
    if (!datastore.files.makeFolder(snapshotFolder(namespace, snapshot))) {
      throw new ConflictError(
        `backup directory already exists: "${formatSnapshotPath(snapshot)}"`,
      );
    }
    const { inspectChunk } = begin;
    const opened = { namespace, snapshot, previous, locks: locks.move(), writes, inspectChunk };
    return new LocalBackupTarget(datastore, opened);
  } catch (error) {
    await removeGroupIfEmpty(datastore, namespace, snapshot);
    throw error;
  }
}

/** Makes sure of the group and its owner and takes its lock. */
async function openGroup(
  datastore: Datastore,
  begin: BeginLocalBackup,
  locks: DisposableStack,
): Promise<void> {
  const { namespace, snapshot } = begin;
  const { files } = datastore;
  const folder = groupFolder(namespace, snapshot);
  // The lock first: who removes an empty group holds it.
  locks.use(await lockGroup(datastore, namespace, snapshot));
  files.makeFolder(typeFolder(namespace, snapshot.type));
  files.makeFolder(folder);
  const isNew = files.size(joinPath(folder, OWNER_FILE)) === undefined &&
    (await snapshotTimesOf(datastore, namespace, snapshot)).length === 0;
  if (isNew) {
    try {
      await writeOwner(datastore, namespace, snapshot, begin.owner);
    } catch (error) {
      await removeGroupIfEmpty(datastore, namespace, snapshot);
      throw error;
    }
  } else if (begin.checkOwner) {
    await requireOwner(datastore, namespace, snapshot, begin.owner);
  }
}

async function lockGroup(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<Disposable> {
  const path = formatGroupPath(group);
  try {
    return await datastore.locks.acquire(namespace, path, "exclusive");
  } catch (cause) {
    if (!(cause instanceof LockedError)) throw cause;
    throw new LockedError(`unable to acquire backup group lock: "${path}" is in use`, { cause });
  }
}

/** The newest finished snapshot, unless its last verification failed. */
async function findPrevious(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<BackupSnapshot | undefined> {
  for (const time of await snapshotTimesOf(datastore, namespace, group)) {
    const snapshot = { type: group.type, id: group.id, time };
    if (!await isFinished(datastore, namespace, snapshot)) continue;
    const manifest = await readManifest(datastore, namespace, snapshot);
    return verifyStateOf(manifest)?.state === "failed" ? undefined : snapshot;
  }
  return undefined;
}

async function isFinished(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<boolean> {
  try {
    return (await snapshotContents(datastore, namespace, snapshot)).finished;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
