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
  /** Where that block ends at the latest: where the one that lists it begins; otherwise -1. */
  readonly blockLimit: number;
}
