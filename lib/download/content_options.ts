import type { ZeroStretch } from "../reading/mod.ts";

/** How contents are read. */
export interface ContentOptions {
  /**
   * Bytes that are read ahead of need, several reads at a time; 0, the default, for one read after the
   * other.
   */
  readonly aheadBytes?: number;
  /**
   * Tells which stretches of the stream that contents lie in are zeros, so that they need not be read;
   * `within` of `ZeroChunks`, usually. Absent if it is not known.
   */
  readonly zerosWithin?: (start: number, end: number) => readonly ZeroStretch[];
}
