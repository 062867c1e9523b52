import { NotFoundError, type Situation, UsageError } from "../errors/mod.ts";
import type { Repository, SnapshotInfo } from "./repository.ts";
import { MANIFEST_BLOB_NAME } from "./snapshot_file_names.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  parseGroupOrSnapshotPath,
  parseGroupPath,
} from "./snapshot_path.ts";

/** The last part of a path that means the newest finished snapshot; ours. */
const LATEST = "latest";

/** Whether a path is `type/id/latest`. */
export function isLatestPath(text: string): boolean {
  const parts = text.split("/");
  return parts.length === 3 && parts[2] === LATEST;
}

/** Whether a backup came to its end: the manifest is what it writes last. */
export function isFinished(snapshot: SnapshotInfo): boolean {
  return snapshot.files.some(({ filename }) => filename === MANIFEST_BLOB_NAME);
}

/**
 * The snapshot a path means: itself, or the newest finished one of a group, which may have `/latest`
 * after it (spec: cli.md §4).
 *
 * @param log Receives a line for every unfinished snapshot that is passed over.
 * @throws {UsageError} if the text is no such path.
 * @throws {NotFoundError} if there is no such snapshot.
 */
export async function findSnapshot(
  repository: Repository,
  namespace: string,
  text: string,
  log: (line: string) => void = () => {},
): Promise<SnapshotInfo> {
  const asked = parse(text);
  const snapshots = await repository.listSnapshots(namespace, { type: asked.type, id: asked.id });
  if ("time" in asked) {
    const found = snapshots.find(({ time }) => time === asked.time);
    if (found === undefined) {
      throw new NotFoundError(`snapshot ${formatSnapshotPath(asked)} does not exist.`, {
        situation: noSnapshot(asked, snapshots.length > 0),
      });
    }
    return found;
  }
  const group = formatGroupPath(asked);
  if (snapshots.length === 0) {
    throw new NotFoundError(`backup group ${group} does not contain any snapshots.`, {
      situation: noSnapshot(asked, false),
    });
  }
  for (const snapshot of snapshots.toSorted((a, b) => b.time - a.time)) {
    if (isFinished(snapshot)) return snapshot;
    log(`skipped not finished snapshot ${formatSnapshotPath(snapshot)}`);
  }
  throw new NotFoundError(`backup group ${group} does not contain any finished snapshots.`);
}

function noSnapshot(asked: BackupGroup, hasOthers: boolean): Situation {
  return { kind: "no-snapshot", group: formatGroupPath(asked), hasOthers };
}

function parse(text: string): BackupSnapshot | BackupGroup {
  if (isLatestPath(text)) return parseGroupPath(text.slice(0, text.lastIndexOf("/")));
  try {
    return parseGroupOrSnapshotPath(text);
  } catch (error) {
    if (text.split("/").length === 3 || !(error instanceof UsageError)) throw error;
    // Groups are taken too, but a snapshot is what was asked for (spec: cli.md §4).
    throw new UsageError(`unable to parse backup snapshot path '${text}'`, {
      situation: { kind: "malformed-snapshot", text },
    });
  }
}
