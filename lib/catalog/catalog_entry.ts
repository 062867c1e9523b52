import type { CatalogType } from "./format.ts";

/** An entry of a catalog. */
export interface CatalogEntry {
  readonly type: CatalogType;
  readonly name: Uint8Array;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Whole seconds since the epoch; 0 for everything but files. */
  readonly mtimeSecs: number;
  /** Position of a directory's block, otherwise -1. */
  readonly block: number;
  /** Latest end of that block: the start of the one that lists it; otherwise -1. */
  readonly blockLimit: number;
}
