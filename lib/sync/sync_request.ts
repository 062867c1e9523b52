import type { GroupFilter } from "../filters/mod.ts";
import type { BackupSnapshot, Repository } from "../repository/mod.ts";
import type { CopyObserver, CopyProgress } from "../transfer/mod.ts";

/** Source, target and rules of a sync. */
export interface SyncRequest {
  readonly source: Repository;
  readonly target: Repository;
  readonly sourceNamespace: string;
  /** Namespace of the target that stands for that of the source; made if need be. */
  readonly targetNamespace: string;
  /** Levels of namespaces below; all if absent. */
  readonly maxDepth?: number | undefined;
  readonly filters: readonly GroupFilter[];
  /** Whose groups of the source alone are meant. */
  readonly sourceOwner?: string | undefined;
  /**
   * To whom groups of the target have to belong, told the owner in the source; undefined for anybody.
   * A new group is given to them; one of somebody else is left alone.
   */
  readonly ownerFor: (sourceOwner: string | undefined) => string | undefined;
  /** To whom a group belongs that the target makes. */
  readonly ownerOfNew: string;
  /** Only the newest so many of each group of the source. */
  readonly transferLast?: number | undefined;
  /** Only snapshots all of whose archives are encrypted. */
  readonly encryptedOnly: boolean;
  /** Only snapshots whose last verification found them sound. */
  readonly verifiedOnly: boolean;
  /** Whether to fetch again what a verification of the target found bad. */
  readonly resyncCorrupt: boolean;
  /** Whether to remove from the target what is no longer in the source. */
  readonly removeVanished: boolean;
  /** Groups at a time. */
  readonly workers: number;
  /** Times that a snapshot is begun again after a connection was lost; default 0. */
  readonly retries?: number | undefined;
  /** Whether only to tell what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Kinds of what was done, or would be, about something. */
export type SyncAction =
  | "copy"
  | "resync"
  | "remove"
  /** It has vanished from the source and is protected. */
  | "keep"
  /** A rule leaves it out, or it is damaged in the source. */
  | "leave-out"
  | "fail";

/** A snapshot, a group or a namespace of the target. */
export interface SyncPlace {
  readonly namespace: string;
  /** `type/id` of the group; absent if it is a whole namespace. */
  readonly group?: string;
  /** Absent if it is a whole group. */
  readonly snapshot?: BackupSnapshot;
}

/** Outcome for a place. */
export interface SyncOutcome extends SyncPlace {
  readonly action: SyncAction;
  /** Bytes of the snapshot's files. */
  readonly sizeBytes?: number;
  /** Why it is kept, left out, or has failed. */
  readonly reason?: string;
  /** Whether it is left out as it is damaged in the source. */
  readonly isCorrupt?: boolean;
}

/** Listener for what happens in a sync. */
export interface SyncObserver extends CopyObserver {
  /** Hears of a snapshot that is about to be copied, or fetched again. */
  begin(place: SyncPlace): void;
  /** Hears of everything that was decided, when it is done. */
  done(outcome: SyncOutcome): void;
}

/** Counters of a sync. */
export interface SyncReport extends Readonly<CopyProgress> {
  readonly namespaces: number;
  /** Groups that were looked at. */
  readonly groups: number;
  /** Snapshots, groups and namespaces about which something failed. */
  readonly failed: number;
  readonly snapshotsCopied: number;
  readonly snapshotsResynced: number;
  readonly snapshotsRemoved: number;
  /** Protected ones that have vanished from the source. */
  readonly snapshotsKept: number;
  /** Damaged ones of the source, and those that rules leave out. */
  readonly snapshotsLeftOut: number;
}
