import { AuthError, PbsError } from "../errors/mod.ts";
import {
  type BackupGroup,
  CLIENT_LOG_BLOB_NAME,
  formatGroupPath,
  isFinished,
  MANIFEST_BLOB_NAME,
  parseUpid,
  type SnapshotInfo,
} from "../repository/mod.ts";
import { describeRights, isOwnGroup } from "./_rights.ts";
import type {
  PageGroup,
  PageGroups,
  PageNamespaces,
  PageNotes,
  PageSnapshot,
  PageSnapshots,
  PageStore,
  PageStores,
} from "./page_api.ts";
import type { PageParameters } from "./_page_parameters.ts";
import type { ListedStore, PageSource, PageStoreAccess } from "./page_source.ts";

/** Snapshots whose distances say how often a group is backed up. */
const EXPECTATION_SNAPSHOTS = 20;
const ASIDE = new Set<string>([MANIFEST_BLOB_NAME, CLIENT_LOG_BLOB_NAME]);
const LATE_FACTOR = 1.5;
const HOUR_SECONDS = 3600;

/** `stores`: all that may be seen. */
export async function listStores(source: PageSource): Promise<PageStores> {
  const listed = await source.listStores();
  return { stores: await Promise.all(listed.map((store) => describeStore(source, store))) };
}

async function describeStore(source: PageSource, listed: ListedStore): Promise<PageStore> {
  const base = { ...listed, mayCollectGarbage: false };
  try {
    const access = await source.access(listed.store);
    const { repository } = access;
    const granted = await access.privileges("");
    const { total, used, avail } = await repository.status();
    const counts = await ifAllowed(() => repository.garbageCounts());
    return {
      ...base,
      mayCollectGarbage: granted === undefined || granted.has("Datastore.Modify"),
      // Who may not see it is told zeros.
      ...(total === 0
        ? {}
        : { space: { totalBytes: total, usedBytes: used, availableBytes: avail } }),
      ...(counts === undefined ? {} : {
        contents: {
          logicalBytes: counts.indexDataBytes,
          storedBytes: counts.diskBytes,
          chunks: counts.diskChunks,
          ...(counts.diskBytes > 0
            ? { deduplication: counts.indexDataBytes / counts.diskBytes }
            : {}),
          ...(counts.upid === undefined ? {} : { countedAt: parseUpid(counts.upid).startTime }),
        },
      }),
    };
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    return { ...base, problem: error.message };
  }
}

async function ifAllowed<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AuthError) return undefined;
    throw error;
  }
}

/** `namespaces`: parents first. */
export async function listNamespaces({ repository }: PageStoreAccess): Promise<PageNamespaces> {
  const namespaces = await repository.listNamespaces("");
  return {
    namespaces: namespaces.map(({ namespace, comment }) => ({
      ns: namespace,
      ...(comment === undefined ? {} : { comment }),
    })),
  };
}

/** `groups`: those of a namespace. */
export async function listGroups(
  access: PageStoreAccess,
  parameters: PageParameters,
): Promise<PageGroups> {
  const { namespace } = parameters;
  const { repository } = access;
  const [groups, snapshots, granted] = await Promise.all([
    repository.listGroups(namespace),
    repository.listSnapshots(namespace),
    access.privileges(namespace),
  ]);
  const ofGroup = Map.groupBy(snapshots, formatGroupPath);
  const nowSeconds = Date.now() / 1000;
  return {
    groups: groups.map((group): PageGroup => {
      const own = ofGroup.get(formatGroupPath(group)) ?? [];
      const expectedSeconds = expectationOf(own);
      const newest = Math.max(0, ...own.filter(isFinished).map(({ time }) => time)) ||
        group.lastBackup;
      return {
        type: group.type,
        id: group.id,
        count: own.length,
        newest,
        sizeBytes: own.reduce((sum, { size = 0 }) => sum + size, 0),
        ...(group.owner === undefined ? {} : { owner: group.owner }),
        ...(group.comment === undefined ? {} : { comment: group.comment }),
        ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
        isLate: expectedSeconds !== undefined &&
          nowSeconds - newest > LATE_FACTOR * expectedSeconds + HOUR_SECONDS,
        damaged: own.filter(({ verification }) => verification?.state === "failed").length,
        verified: own.filter(({ verification }) => verification?.state === "ok").length,
        rights: describeRights(granted, isOwnGroup(access, group.owner)),
      };
    }),
  };
}

/** Median of the times between the last snapshots; undefined if there are too few. */
export function expectationOf(snapshots: readonly SnapshotInfo[]): number | undefined {
  const times = snapshots.filter(isFinished).map(({ time }) => time).sort((a, b) => b - a)
    .slice(0, EXPECTATION_SNAPSHOTS);
  const distances = times.slice(1).map((time, i) => times[i]! - time).sort((a, b) => a - b);
  if (distances.length < 2) return undefined;
  const middle = distances.length >> 1;
  return distances.length % 2 === 1
    ? distances[middle]!
    : (distances[middle - 1]! + distances[middle]!) / 2;
}

/** `snapshots`: those of a group, newest first. */
export async function listSnapshots(
  access: PageStoreAccess,
  parameters: PageParameters,
): Promise<PageSnapshots> {
  const { namespace, group } = parameters;
  const [snapshots, granted] = await Promise.all([
    access.repository.listSnapshots(namespace, group),
    access.privileges(namespace),
  ]);
  const expectedSeconds = expectationOf(snapshots);
  return {
    snapshots: snapshots.toSorted((a, b) => b.time - a.time).map(describeSnapshot),
    rights: describeRights(granted, isOwnGroup(access, snapshots[0]?.owner)),
    ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
  };
}

function describeSnapshot(info: SnapshotInfo): PageSnapshot {
  const { verification, size, comment, owner, fingerprint } = info;
  return {
    time: info.time,
    ...(size === undefined ? {} : { sizeBytes: size }),
    isProtected: info.protected,
    ...(verification === undefined ? {} : {
      verification: { state: verification.state, ...taskOf(verification.upid) },
    }),
    encryption: encryptionOf(info),
    ...(fingerprint === undefined ? {} : { keyFingerprint: fingerprint }),
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
    files: info.files.map(({ filename, size, cryptMode }) => ({
      filename,
      ...(size === undefined ? {} : { sizeBytes: size }),
      ...(cryptMode === undefined ? {} : { cryptMode }),
    })),
    isFinished: isFinished(info),
  };
}

function taskOf(upid: string): { upid: string; time?: number } {
  try {
    return { upid, time: parseUpid(upid).startTime };
  } catch {
    // Whoever can write a manifest can write anything there.
    return { upid };
  }
}

function encryptionOf({ files }: SnapshotInfo): PageSnapshot["encryption"] {
  // The manifest is never encrypted, the log comes after it.
  const modes = files.filter(({ filename }) => !ASIDE.has(filename)).map(({ cryptMode }) =>
    cryptMode
  )
    .filter((mode) => mode !== undefined);
  const encrypted = modes.filter((mode) => mode === "encrypt").length;
  if (encrypted > 0) return encrypted === modes.length ? "encrypted" : "mixed";
  return modes.includes("sign-only") ? "signed" : "none";
}

/** `notes`: of a snapshot or a group. */
export async function showNotes(
  { repository }: PageStoreAccess,
  parameters: PageParameters,
): Promise<PageNotes> {
  const { namespace, optionalSnapshot } = parameters;
  const group: BackupGroup = parameters.group;
  return {
    notes: optionalSnapshot === undefined
      ? await repository.readGroupNotes(namespace, group)
      : await repository.readNotes(namespace, optionalSnapshot),
  };
}
