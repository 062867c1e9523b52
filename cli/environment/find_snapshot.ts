import { NotFoundError, type Situation, UsageError } from "../../lib/errors/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
  parseGroupOrSnapshotPath,
  parseGroupPath,
  type Repository,
} from "../../lib/repository/mod.ts";

/** The last part of a path that means the newest finished snapshot; ours. */
const LATEST = "latest";

/** Whether a path is `type/id/latest`. */
export function isLatestPath(text: string): boolean {
  const parts = text.split("/");
  return parts.length === 3 && parts[2] === LATEST;
}

/**
 * The snapshot a path means: itself, or the newest finished one of a group, which may have `/latest`
 * behind it (spec: cli.md §4).
 *
 * @param log Receives a line for every unfinished snapshot that is passed over.
 * @throws {UsageError} if the text is no such path.
 * @throws {NotFoundError} if there is no such snapshot.
 */
export async function findSnapshot(
  repository: Repository,
  namespace: string,
  text: string,
  log: (line: string) => void,
): Promise<BackupSnapshot> {
  const asked = parse(text);
  const snapshots = await repository.listSnapshots(namespace, { type: asked.type, id: asked.id });
  if ("time" in asked) {
    if (!snapshots.some(({ time }) => time === asked.time)) {
      throw new NotFoundError(`snapshot ${formatSnapshotPath(asked)} does not exist.`, {
        situation: noSnapshot(asked, snapshots.length > 0),
      });
    }
    return asked;
  }
  const group = formatGroupPath(asked);
  if (snapshots.length === 0) {
    throw new NotFoundError(`backup group ${group} does not contain any snapshots.`, {
      situation: noSnapshot(asked, false),
    });
  }
  for (const snapshot of snapshots.toSorted((a, b) => b.time - a.time)) {
    if (snapshot.files.some(({ filename }) => filename === MANIFEST_BLOB_NAME)) {
      return { type: snapshot.type, id: snapshot.id, time: snapshot.time };
    }
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
