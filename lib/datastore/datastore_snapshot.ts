import { type BackupSnapshot, formatSnapshotPath } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { joinPath, snapshotFolder } from "./layout.ts";
import type { HeldLock } from "./lock_folder.ts";

/** A snapshot in a namespace of a datastore, whether it is there or not. */
export class DatastoreSnapshot {
  /** Type, id and time, and nothing else. */
  readonly name: BackupSnapshot;

  constructor(
    readonly datastore: Datastore,
    readonly namespace: string,
    { type, id, time }: BackupSnapshot,
  ) {
    this.name = { type, id, time };
  }

  /** A snapshot of a group. @param time Seconds since the epoch. */
  static of({ datastore, namespace, name }: DatastoreGroup, time: number): DatastoreSnapshot {
    return new DatastoreSnapshot(datastore, namespace, { ...name, time });
  }

  /** The group that it belongs to. */
  get group(): DatastoreGroup {
    return new DatastoreGroup(this.datastore, this.namespace, this.name);
  }

  /** Seconds since the epoch. */
  get time(): number {
    return this.name.time;
  }

  /** `type/id/time`. @throws {UsageError} if its time is out of range. */
  get path(): string {
    return formatSnapshotPath(this.name);
  }

  /** {@linkcode path} behind its namespace and a colon, unless that is the root. */
  get fullPath(): string {
    return this.namespace === "" ? this.path : `${this.namespace}:${this.path}`;
  }

  /** Folder below the datastore's root. @throws {UsageError} if there can be no such snapshot. */
  get folder(): string {
    return snapshotFolder(this.namespace, this.name);
  }

  /** Whether its folder is there. */
  get exists(): boolean {
    return this.datastore.files.hasFolder(this.folder);
  }

  /** Path of one of its files below the datastore's root. */
  file(name: string): string {
    return joinPath(this.folder, name);
  }

  /**
   * Keeps others from removing (`shared`) or from using it (`exclusive`).
   *
   * @throws {LockedError} if somebody else holds the lock.
   */
  lock(mode: "shared" | "exclusive"): Promise<HeldLock> {
    return this.datastore.locks.acquire(this.namespace, this.path, mode);
  }
}
