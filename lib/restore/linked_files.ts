import type { ContentRange, PxarAccessor, PxarDirectory, PxarEntry } from "../pxar/mod.ts";

/** A file found through a hard link. */
export interface LinkedFile {
  readonly entry: PxarEntry;
  readonly content: ContentRange;
}

/**
 * The archive of a sequential extraction at any place: for hard links whose target it has passed over
 * (spec: pxar.md §6.4), and for goodbye tables. Nothing is read before it is asked for.
 */
export interface LinkedFiles extends Disposable {
  /**
   * The entries; of a split archive without contents. Calls must not overlap.
   *
   * @throws {CorruptDataError} if they cannot be had in this way.
   */
  tree(): Promise<PxarAccessor>;
  /**
   * The entries of an archive of which the start is damaged; absent if they cannot be had.
   *
   * @throws {CorruptDataError} if its end is damaged as well.
   */
  treeWithoutStart?(): Promise<PxarAccessor>;
  /**
   * Names of entries, by their positions, as far as something beside the archive knows them.
   *
   * @param path Names from the root to the directory.
   */
  namesOf?(
    path: readonly Uint8Array[],
    directory: PxarDirectory,
    positions: readonly number[],
  ): Promise<ReadonlyMap<number, Uint8Array>>;
  /**
   * Tells the names of what follows an entry in a directory, as far as something beside the archive
   * knows them.
   *
   * @param path Names from the root to the directory.
   * @param last Name of the entry; undefined for everything in the directory.
   * @returns Whether it told all of them.
   */
  namesAfter?(
    path: readonly Uint8Array[],
    last: Uint8Array | undefined,
    tell: (name: Uint8Array) => void,
  ): Promise<boolean>;
  /** @throws {CorruptDataError} if the link leads nowhere, or its target cannot be read. */
  find(link: PxarEntry): Promise<LinkedFile>;
}
