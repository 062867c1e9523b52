import type { BackupSnapshot } from "./snapshot_path.ts";

/** A snapshot in a namespace. */
export interface PlacedSnapshot {
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
}
