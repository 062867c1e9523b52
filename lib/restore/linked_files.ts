import type { ContentRange, PxarAccessor, PxarEntry } from "../pxar/mod.ts";

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
  /** @throws {CorruptDataError} if the link leads nowhere, or its target cannot be read. */
  find(link: PxarEntry): Promise<LinkedFile>;
}
