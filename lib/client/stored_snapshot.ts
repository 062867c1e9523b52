import type { CryptConfig } from "../crypto/mod.ts";
import { formatSnapshotPath, type Repository, type SnapshotInfo } from "../repository/mod.ts";
import { StoredArchive } from "./stored_archive.ts";

/** A finished snapshot of a repository. */
export class StoredSnapshot {
  readonly #repository: Repository;
  readonly #namespace: string;
  readonly #crypt: CryptConfig | undefined;

  /** Use `BackupRepository.snapshot` or `BackupRepository.snapshots`. */
  constructor(
    repository: Repository,
    namespace: string,
    /** The repository's listing of it: files, size, owner, notes, verification. */
    readonly info: SnapshotInfo,
    crypt: CryptConfig | undefined,
  ) {
    this.#repository = repository;
    this.#namespace = namespace;
    this.#crypt = crypt;
  }

  /** `host/web1/2026-01-31T03:00:00Z`. */
  get path(): string {
    return formatSnapshotPath(this.info);
  }

  /** Time at which it was made. */
  get time(): Date {
    return new Date(this.info.time * 1000);
  }

  /**
   * One archive of it. Nothing is read before the first call of its methods.
   *
   * @param name `root.pxar`, `disk.img`, `fstab.conf`; the two halves of a split archive are one.
   */
  archive(name: string): StoredArchive {
    return new StoredArchive(
      () => this.#repository.openSnapshot(this.#namespace, this.info),
      name,
      this.#crypt,
    );
  }

  /** The notes of the snapshot; empty if it has none. */
  async notes(): Promise<string> {
    return await this.#repository.readNotes(this.#namespace, this.info);
  }

  /** Replaces the notes. */
  async setNotes(notes: string): Promise<void> {
    await this.#repository.writeNotes(this.#namespace, this.info, notes);
  }

  /** Says whether prune and forget have to leave it alone. */
  async setProtected(isProtected: boolean): Promise<void> {
    await this.#repository.setProtected(this.#namespace, this.info, isProtected);
  }

  /** Removes it. @throws {ConflictError} if it is protected or being read. */
  async forget(): Promise<void> {
    await this.#repository.forgetSnapshot(this.#namespace, this.info);
  }
}
