import { CorruptDataError, NotFoundError, PbsError } from "../errors/mod.ts";
import { formatFingerprint } from "../crypto/mod.ts";
import {
  chunkUploadStatsOf,
  decodeManifestBlob,
  keyFingerprintOf,
  type Manifest,
  notesOf,
  verifyStateOf,
} from "../manifest/mod.ts";
import {
  type BackupGroup,
  type GroupInfo,
  isTransientError,
  MANIFEST_BLOB_NAME,
  type SnapshotFile,
  type SnapshotInfo,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { readGroupNotes } from "./group_notes.ts";
import { readOwner } from "./group_owner.ts";
import { readManifestBlob } from "./snapshot_manifest.ts";
import {
  groupsOf,
  requireNamespace,
  requireSnapshot,
  type SnapshotContents,
  snapshotContents,
  snapshotsOf,
} from "./snapshot_tree.ts";

/** The first line of notes, which listings show. */
function firstLine(notes: string): string {
  return notes.split("\n")[0]!;
}

/**
 * All groups of a namespace (spec: protocol.md §7.3).
 *
 * @param heir Whose groups are that have no readable owner; without it they are left out.
 * @throws {NotFoundError} if there is no such namespace.
 */
export async function listGroups(
  datastore: Datastore,
  namespace: string,
  heir?: string,
): Promise<GroupInfo[]> {
  const infos: GroupInfo[] = [];
  for (const group of await groupsOf(datastore, namespace)) {
    const known = await readOwner(group);
    const snapshots = await snapshotsOf(group);
    // Without owner and snapshots it is a group that is just being made, or removed.
    const owner = known ?? (snapshots.length > 0 ? heir : undefined);
    if (owner === undefined) continue;
    let shown: { time: number; files: readonly string[] } | undefined;
    for (const snapshot of snapshots) {
      const contents = await contentsOrNone(snapshot);
      if (contents === undefined || (!contents.finished && snapshots.length > 1)) continue;
      shown = { time: snapshot.time, files: contents.files };
      break;
    }
    const notes = await readGroupNotes(group);
    infos.push({
      ...group.name,
      backupCount: snapshots.length,
      lastBackup: shown?.time ?? 0,
      files: shown?.files ?? [],
      owner,
      ...(notes === undefined ? {} : { comment: firstLine(notes) }),
    });
  }
  return infos;
}

/**
 * The snapshots of a namespace or of one group, by group, then oldest first (spec: protocol.md
 * §7.4). A group that does not exist has none.
 *
 * @param heir Whose groups are that have no readable owner; without it they are left out.
 * @throws {NotFoundError} if there is no such namespace.
 * @throws {ConnectionError} if a store elsewhere does not answer: half a list helps nobody.
 */
export async function listSnapshots(
  datastore: Datastore,
  namespace: string,
  group?: BackupGroup,
  heir?: string,
): Promise<SnapshotInfo[]> {
  requireNamespace(datastore, namespace);
  const infos: SnapshotInfo[] = [];
  const groups = group === undefined
    ? await groupsOf(datastore, namespace)
    : [new DatastoreGroup(datastore, namespace, group)];
  for (const each of groups) {
    const owner = await readOwner(each) ?? heir;
    if (owner === undefined) continue;
    for (const snapshot of (await snapshotsOf(each)).reverse()) {
      const info = await snapshotInfo(snapshot, owner);
      if (info !== undefined) infos.push(info);
    }
  }
  return infos;
}

/**
 * The files of a finished snapshot.
 *
 * @throws {NotFoundError} if there is no such snapshot, or it is unfinished.
 * @throws {CorruptDataError} if its manifest is damaged.
 */
export async function listFiles(snapshot: DatastoreSnapshot): Promise<SnapshotFile[]> {
  requireSnapshot(snapshot);
  const contents = await snapshotContents(snapshot);
  const blob = await readManifestBlob(snapshot);
  return filesOf(await decodeManifestBlob(blob), blob.byteLength, contents);
}

async function snapshotInfo(
  snapshot: DatastoreSnapshot,
  owner: string,
): Promise<SnapshotInfo | undefined> {
  const contents = await contentsOrNone(snapshot);
  if (contents === undefined) return undefined;
  const base = { ...snapshot.name, owner, protected: contents.protected };
  try {
    const blob = await readManifestBlob(snapshot);
    const manifest = await decodeManifestBlob(blob);
    const files = filesOf(manifest, blob.byteLength, contents);
    let size = 0;
    for (const file of files) size += file.size ?? 0;
    return { ...base, files, size, ...unprotectedInfo(manifest) };
  } catch (error) {
    // Unfinished, or no better than that: shown with the names of its files only, like one that
    // cannot be read: it must not hide the others.
    // But what a store did not answer for says nothing about the snapshot.
    if (!(error instanceof PbsError) || isTransientError(error)) throw error;
    return { ...base, files: contents.files.map((filename) => ({ filename })) };
  }
}

/** The files that the manifest lists, the manifest, then the others of the folder. */
function filesOf(
  manifest: Manifest,
  manifestSize: number,
  contents: SnapshotContents,
): SnapshotFile[] {
  const files: SnapshotFile[] = manifest.files.map(({ filename, cryptMode, size }) => ({
    filename,
    cryptMode,
    size,
  }));
  const cryptMode = manifest.signature === undefined ? "none" : "sign-only";
  files.push({ filename: MANIFEST_BLOB_NAME, cryptMode, size: manifestSize });
  const listed = new Set(files.map((file) => file.filename));
  for (const filename of contents.files) if (!listed.has(filename)) files.push({ filename });
  return files;
}

function unprotectedInfo(
  manifest: Manifest,
): Pick<SnapshotInfo, "comment" | "verification" | "fingerprint" | "uploaded"> {
  const notes = notesOf(manifest);
  const verification = verifyStateOf(manifest);
  const uploaded = chunkUploadStatsOf(manifest);
  let fingerprint: Uint8Array | undefined;
  try {
    fingerprint = keyFingerprintOf(manifest);
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
  }
  return {
    ...(notes === undefined || notes === "" ? {} : { comment: firstLine(notes) }),
    ...(verification === undefined ? {} : { verification }),
    ...(uploaded === undefined ? {} : { uploaded }),
    ...(fingerprint === undefined ? {} : { fingerprint: formatFingerprint(fingerprint) }),
  };
}

/** Undefined if the snapshot vanished while the listing was made. */
async function contentsOrNone(
  snapshot: DatastoreSnapshot,
): Promise<SnapshotContents | undefined> {
  try {
    return await snapshotContents(snapshot);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
