/** The three kinds of things that are backed up (spec: datastore-formats.md §6.2). */
export type BackupType = "ct" | "host" | "vm";

/** A group: all snapshots of one guest or host. */
export interface BackupGroup {
  readonly type: BackupType;
  readonly id: string;
}

/** One snapshot of a group; `time` is seconds since the epoch. */
export interface BackupSnapshot extends BackupGroup {
  readonly time: number;
}
