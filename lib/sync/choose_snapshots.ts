import {
  CLIENT_LOG_BLOB_NAME,
  isFinished,
  MANIFEST_BLOB_NAME,
  type SnapshotInfo,
} from "../repository/mod.ts";
import type { SyncRequest } from "./sync_request.ts";

/** Rules about which snapshots are meant. */
export type SnapshotRules = Pick<SyncRequest, "transferLast" | "encryptedOnly" | "verifiedOnly">;

/** A snapshot that is not copied. */
export interface LeftOut {
  readonly info: SnapshotInfo;
  readonly reason: string;
  /** Whether its verification in the source has failed. */
  readonly isCorrupt: boolean;
}

/** Snapshots of a group by what becomes of them, each list oldest first. */
export interface SnapshotChoice {
  readonly copied: readonly SnapshotInfo[];
  /** New ones that are not copied, with why. */
  readonly leftOut: readonly LeftOut[];
  /** How many new ones are not among the last ones that are meant. */
  readonly passedOver: number;
}

/**
 * Chooses which snapshots of a source's group are copied. A group grows only at its end: what is older
 * than the target's newest snapshot is never copied later.
 *
 * @param newest Time of the target's newest snapshot; undefined if it has none.
 */
export function chooseSnapshots(
  source: readonly SnapshotInfo[],
  newest: number | undefined,
  rules: SnapshotRules,
): SnapshotChoice {
  const sorted = source.toSorted((a, b) => a.time - b.time);
  const finished = sorted.filter(isFinished);
  const { transferLast } = rules;
  const first = transferLast === undefined ? 0 : Math.max(0, finished.length - transferLast);
  const meant = new Set(finished.slice(first));
  const copied: SnapshotInfo[] = [];
  const leftOut: LeftOut[] = [];
  let passedOver = 0;
  for (const info of sorted) {
    if (newest !== undefined && info.time <= newest) continue;
    if (isFinished(info) && !meant.has(info)) {
      passedOver++;
      continue;
    }
    const isCorrupt = info.verification?.state === "failed";
    const reason = isCorrupt
      ? "it is corrupt: its verification has failed"
      : objectionTo(info, rules);
    if (reason === undefined) copied.push(info);
    else leftOut.push({ info, reason, isCorrupt });
  }
  return { copied, leftOut, passedOver };
}

function objectionTo(
  info: SnapshotInfo,
  { encryptedOnly, verifiedOnly }: SnapshotRules,
): string | undefined {
  if (!isFinished(info)) return "it is not finished";
  if (verifiedOnly && info.verification === undefined) return "it is not verified";
  return encryptedOnly && !isEncrypted(info) ? "it is not encrypted" : undefined;
}

/** Whether everything that a user has put into a snapshot is encrypted. */
function isEncrypted({ files }: SnapshotInfo): boolean {
  return files
    .filter(({ filename }) => filename !== MANIFEST_BLOB_NAME && filename !== CLIENT_LOG_BLOB_NAME)
    .every(({ cryptMode }) => cryptMode === "encrypt");
}
