import { type BackupGroup, formatGroupPath } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { groupFolder, joinPath } from "./layout.ts";
import type { HeldLock } from "./lock_folder.ts";

/** A group in a namespace of a datastore, whether it is there or not. */
export class DatastoreGroup {
  /** Type and id, and nothing else. */
  readonly name: BackupGroup;

  constructor(
    readonly datastore: Datastore,
    readonly namespace: string,
    { type, id }: BackupGroup,
  ) {
    this.name = { type, id };
  }

  /** `type/id`. */
  get path(): string {
    return formatGroupPath(this.name);
  }

  /** Folder below the datastore's root. @throws {UsageError} if there can be no such group. */
  get folder(): string {
    return groupFolder(this.namespace, this.name);
  }

  /** Whether its folder is there. */
  get exists(): boolean {
    return this.datastore.files.hasFolder(this.folder);
  }

  /** Path of one of its files below the datastore's root. */
  file(name: string): string {
    return joinPath(this.folder, name);
  }

  /** The group of the same name in another namespace. */
  in(namespace: string): DatastoreGroup {
    return new DatastoreGroup(this.datastore, namespace, this.name);
  }

  /** Keeps backups of the group away. @throws {LockedError} if somebody else holds the lock. */
  lock(): Promise<HeldLock> {
    return this.datastore.locks.acquire(this.namespace, this.path, "exclusive");
  }
}
