import type { CatalogType } from "../catalog/mod.ts";

/** An entry of an archive as far as a list of names tells of it. */
export interface NameEntry {
  /** Letter of its kind. */
  readonly type: CatalogType;
  /** One path component; for the root whatever the list calls it. */
  readonly name: Uint8Array;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Whole seconds since the epoch; 0 for everything but files. */
  readonly mtimeSecs: number;
}

/** An entry on a walk through names. */
export interface NameVisit {
  readonly entry: NameEntry;
  /** Names from below the root down to the entry; as long as the walk does not go on. */
  readonly path: readonly Uint8Array[];
}

/** The names of an archive, wherever they are read from. Entries are its own and stay valid. */
export interface ArchiveNames {
  /** The directory that the archive was made of. */
  readonly root: NameEntry;

  /**
   * The entries of a directory, one after the other, however many there are.
   *
   * @throws {CorruptDataError} on damage, where it is.
   */
  entries(directory: NameEntry): AsyncGenerator<NameEntry>;

  /** The entry of a name, `undefined` if there is none. @throws {CorruptDataError} on damage. */
  find(directory: NameEntry, name: Uint8Array): Promise<NameEntry | undefined>;

  /**
   * All entries below the root, depth first, parents before children.
   *
   * @param enter Whether to go into a directory; asked when the walk goes on.
   * @throws {CorruptDataError} on damage, where it is.
   */
  walk(enter: (visit: NameVisit) => boolean): AsyncGenerator<NameVisit>;
}
