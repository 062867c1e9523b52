import { CorruptDataError, LockedError, NotFoundError } from "../errors/mod.ts";
import {
  type BackupPreview,
  type BeginBackup,
  checkSnapshotName,
  MANIFEST_BLOB_NAME,
  OlderSnapshotError,
  SnapshotExistsError,
} from "../repository/mod.ts";
import { findMissingChunk } from "./_missing_chunk.ts";
import { BadChunks } from "./bad_chunks.ts";
import type { Datastore } from "./datastore.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { OWNER_FILE } from "./format.ts";
import { requireOwner, writeOwner } from "./group_owner.ts";
import { typeFolder } from "./layout.ts";
import { type ChunkInspector, LocalBackupTarget } from "./local_backup_target.ts";
import { removeGroupIfEmpty, removeSnapshotFolder } from "./remove_snapshot.ts";
import { findDamage, type SnapshotDamage } from "./snapshot_damage.ts";
import { isProtected } from "./snapshot_flags.ts";
import { readManifest } from "./snapshot_manifest.ts";
import { requireNamespace, snapshotContents, snapshotsOf } from "./snapshot_tree.ts";

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
  checkSnapshotName(begin.snapshot);
  requireNamespace(datastore, begin.namespace);
  const snapshot = new DatastoreSnapshot(datastore, begin.namespace, begin.snapshot);
  const { group } = snapshot;
  using locks = new DisposableStack();
  // Before anything is read: what garbage collection may delete depends on when writers began.
  locks.use(await datastore.processLock.acquireShared());
  // Before the group is made: whoever removes an empty group holds its lock.
  locks.use(await lockGroup(group));
  const wasThere = group.exists;
  const warnings: string[] = [];
  try {
    await openGroup(group, begin);
    const previous = await findPrevious(group, warnings);
    if (previous !== undefined) {
      if (snapshot.time <= previous.time) throw olderThan(previous);
      locks.use(await previous.lock("shared"));
    }
    locks.use(await snapshot.lock("exclusive"));
    const writes = locks.use(datastore.files.watchWrites());
    await makeSnapshotFolder(snapshot, begin.replacesRemains ?? false);
    const { inspectChunk, noCache } = begin;
    const given = { inspectChunk, noCache };
    const opened = { snapshot, previous, locks: locks.move(), writes, ...given, warnings };
    return new LocalBackupTarget(opened);
  } catch (error) {
    if (!wasThere) {
      // What cannot be removed either is an empty group, which is in nobody's way.
      await removeGroupIfEmpty(group).catch(() => {});
    }
    throw error;
  }
}

/**
 * Looks at what a snapshot would build upon, and writes nothing. That others use the group at the moment
 * is not seen.
 *
 * @throws As {@linkcode beginBackup} does.
 */
export async function previewBackup(
  datastore: Datastore,
  begin: BeginBackup,
): Promise<BackupPreview> {
  checkSnapshotName(begin.snapshot);
  requireNamespace(datastore, begin.namespace);
  const snapshot = new DatastoreSnapshot(datastore, begin.namespace, begin.snapshot);
  const previous = snapshot.group.exists ? await findPrevious(snapshot.group, []) : undefined;
  if (previous !== undefined && snapshot.time <= previous.time) throw olderThan(previous);
  if (snapshot.exists) throw alreadyExists(snapshot);
  const previousFile = async (name: string) => {
    if (previous === undefined) throw new NotFoundError("there is no previous snapshot");
    return await datastore.files.read(previous.file(name));
  };
  return {
    previousTime: previous?.time,
    previousManifest: async () => previous && await previousFile(MANIFEST_BLOB_NAME),
    previousIndex: previousFile,
  };
}

/**
 * Makes the folder of a snapshot, whose lock is held: what is there without a manifest was left by a run
 * that was killed.
 */
async function makeSnapshotFolder(
  snapshot: DatastoreSnapshot,
  replacesRemains: boolean,
): Promise<void> {
  const { files } = snapshot.datastore;
  if (await files.makeFolder(snapshot.folder)) return;
  const mayGo = replacesRemains && !(await snapshotContents(snapshot)).finished &&
    !isProtected(snapshot);
  if (!mayGo) throw alreadyExists(snapshot);
  await removeSnapshotFolder(snapshot);
  if (!await files.makeFolder(snapshot.folder)) throw alreadyExists(snapshot);
}

/** Makes sure of the group and its owner. */
async function openGroup(group: DatastoreGroup, begin: BeginLocalBackup): Promise<void> {
  const { files } = group.datastore;
  await files.makeFolder(typeFolder(group.namespace, group.name.type));
  await files.makeFolder(group.folder);
  const isNew = files.size(group.file(OWNER_FILE)) === undefined &&
    (await snapshotsOf(group)).length === 0;
  if (isNew) await writeOwner(group, begin.owner);
  else if (begin.checkOwner) await requireOwner(group, begin.owner);
}

/** The official words only; which snapshot is meant, and the way out, is told by the situation. */
function olderThan(previous: DatastoreSnapshot): OlderSnapshotError {
  return new OlderSnapshotError("backup timestamp is older than last backup.", {
    situation: {
      kind: "newer-snapshot",
      group: previous.group.path,
      newest: previous.time,
    },
  });
}

function alreadyExists({ path }: DatastoreSnapshot): SnapshotExistsError {
  return new SnapshotExistsError(
    `backup directory already exists: "${path}", of a run that was killed or is broken; ` +
      `another time can be used, or "snapshot forget ${path}" removes it`,
  );
}

async function lockGroup(group: DatastoreGroup): Promise<Disposable> {
  try {
    return await group.lock();
  } catch (cause) {
    if (!(cause instanceof LockedError)) throw cause;
    throw new LockedError(`unable to acquire backup group lock: "${group.path}" is in use`, {
      cause,
    });
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
  group: DatastoreGroup,
  warnings: string[],
): Promise<DatastoreSnapshot | undefined> {
  for (const snapshot of await snapshotsOf(group)) {
    const damage = await damageOf(snapshot);
    if (damage === undefined) continue;
    if (damage.broken === undefined) {
      if (damage.failedVerification) return undefined;
      return await lacksChunks(snapshot, warnings) ? undefined : snapshot;
    }
    warnings.push(
      `snapshot "${snapshot.path}" is broken and is not built upon: ` +
        damage.broken,
    );
  }
  return undefined;
}

/**
 * Whether a chunk of a snapshot is bad or missing: all of them would count as known, and that one would
 * not be sent.
 */
async function lacksChunks(snapshot: DatastoreSnapshot, warnings: string[]): Promise<boolean> {
  try {
    const manifest = await readManifest(snapshot);
    const bad = await BadChunks.read(snapshot.datastore);
    if (await bad.areIn(snapshot.folder, manifest)) return true;
    const missing = await findMissingChunk(snapshot, manifest);
    if (missing === undefined) return false;
    warnings.push(
      `snapshot "${snapshot.path}" is damaged and is not built upon: ${missing}`,
    );
    return true;
  } catch (error) {
    // An index that cannot be read makes nothing known either.
    if (error instanceof NotFoundError || error instanceof CorruptDataError) return true;
    throw error;
  }
}

/** Undefined for a snapshot that is unfinished, or gone. */
async function damageOf(snapshot: DatastoreSnapshot): Promise<SnapshotDamage | undefined> {
  try {
    if (!(await snapshotContents(snapshot)).finished) return undefined;
    return await findDamage(snapshot);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
