import { CorruptDataError, LockedError, NotFoundError } from "../errors/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  type BeginBackup,
  checkSnapshotName,
  formatGroupPath,
  formatSnapshotPath,
  OlderSnapshotError,
  SnapshotExistsError,
} from "../repository/mod.ts";
import { BadChunks } from "./bad_chunks.ts";
import type { Datastore } from "./datastore.ts";
import { OWNER_FILE } from "./format.ts";
import { requireOwner, writeOwner } from "./group_owner.ts";
import { groupFolder, joinPath, snapshotFolder, typeFolder } from "./layout.ts";
import { type ChunkInspector, LocalBackupTarget } from "./local_backup_target.ts";
import { removeGroupIfEmpty } from "./remove_snapshot.ts";
import { findDamage, type SnapshotDamage } from "./snapshot_damage.ts";
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
  checkSnapshotName(snapshot);
  requireNamespace(datastore, namespace);
  using locks = new DisposableStack();
  // Before anything is read: what garbage collection may delete depends on when writers began.
  locks.use(datastore.processLock.acquireShared());
  // Before the group is made: who removes an empty group holds its lock.
  locks.use(await lockGroup(datastore, namespace, snapshot));
  const wasThere = datastore.files.hasFolder(groupFolder(namespace, snapshot));
  const warnings: string[] = [];
  try {
    await openGroup(datastore, begin);
    const previous = await findPrevious(datastore, namespace, snapshot, warnings);
    if (previous !== undefined) {
      if (snapshot.time <= previous.time) throw olderThan(previous);
      locks.use(
        await datastore.locks.acquire(namespace, formatSnapshotPath(previous), "shared"),
      );
    }
    locks.use(
      await datastore.locks.acquire(namespace, formatSnapshotPath(snapshot), "exclusive"),
    );
    const writes = locks.use(datastore.files.watchWrites());
    if (!datastore.files.makeFolder(snapshotFolder(namespace, snapshot))) {
      throw alreadyExists(snapshot);
    }
    const { inspectChunk } = begin;
    const opened = { namespace, snapshot, previous, locks: locks.move(), writes, inspectChunk };
    return new LocalBackupTarget(datastore, { ...opened, warnings });
  } catch (error) {
    if (!wasThere) {
      // What cannot be removed either is an empty group, which is in nobody's way.
      await removeGroupIfEmpty(datastore, namespace, snapshot).catch(() => {});
    }
    throw error;
  }
}

/** Makes sure of the group and its owner. */
async function openGroup(datastore: Datastore, begin: BeginLocalBackup): Promise<void> {
  const { namespace, snapshot } = begin;
  const { files } = datastore;
  const folder = groupFolder(namespace, snapshot);
  files.makeFolder(typeFolder(namespace, snapshot.type));
  files.makeFolder(folder);
  const isNew = files.size(joinPath(folder, OWNER_FILE)) === undefined &&
    (await snapshotTimesOf(datastore, namespace, snapshot)).length === 0;
  if (isNew) await writeOwner(datastore, namespace, snapshot, begin.owner);
  else if (begin.checkOwner) await requireOwner(datastore, namespace, snapshot, begin.owner);
}

/** The official words only; which snapshot is meant, and the way out, is told by the situation. */
function olderThan(previous: BackupSnapshot): OlderSnapshotError {
  return new OlderSnapshotError("backup timestamp is older than last backup.", {
    situation: {
      kind: "newer-snapshot",
      group: formatGroupPath(previous),
      newest: previous.time,
    },
  });
}

function alreadyExists(snapshot: BackupSnapshot): SnapshotExistsError {
  const path = formatSnapshotPath(snapshot);
  return new SnapshotExistsError(
    `backup directory already exists: "${path}", of a run that was killed or is broken; ` +
      `another time can be used, or "snapshot forget ${path}" removes it`,
  );
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

/**
 * The newest finished snapshot, unless its last verification failed or it names a bad
 * chunk. The reference refuses the backup
 * if it is broken, and so every later one of the group: it is passed over here.
 *
 * @param warnings Receives a line for each that is passed over.
 */
async function findPrevious(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  warnings: string[],
): Promise<BackupSnapshot | undefined> {
  for (const time of await snapshotTimesOf(datastore, namespace, group)) {
    const snapshot = { type: group.type, id: group.id, time };
    const damage = await damageOf(datastore, namespace, snapshot);
    if (damage === undefined) continue;
    if (damage.broken === undefined) {
      if (damage.failedVerification) return undefined;
      return await namesBadChunk(datastore, namespace, snapshot) ? undefined : snapshot;
    }
    warnings.push(
      `snapshot "${formatSnapshotPath(snapshot)}" is broken and is not built upon: ` +
        damage.broken,
    );
  }
  return undefined;
}

/** The chunks of such a snapshot would count as known, and the bad one would not be sent. */
async function namesBadChunk(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<boolean> {
  try {
    const manifest = await readManifest(datastore, namespace, snapshot);
    const bad = await BadChunks.read(datastore);
    return await bad.areIn(snapshotFolder(namespace, snapshot), manifest);
  } catch (error) {
    // An index that cannot be read makes nothing known either.
    if (error instanceof NotFoundError || error instanceof CorruptDataError) return true;
    throw error;
  }
}

/** Undefined for a snapshot that is unfinished, or gone. */
async function damageOf(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<SnapshotDamage | undefined> {
  try {
    if (!(await snapshotContents(datastore, namespace, snapshot)).finished) return undefined;
    return await findDamage(datastore, namespace, snapshot);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
