/** Meaning of an object of a listing to the indexes. */
export const Reference = {
  /** A chunk that no index names. */
  NONE: 0,
  /** A chunk, or one set aside as bad, whose digest some index names. */
  SOME: 1,
  /** No chunk by its name: nobody may conclude anything. */
  FOREIGN: 2,
} as const;

/** Counters of a listing that was held against the indexes. */
export interface ReferenceCounters {
  /** Answers of the listing. */
  pages: number;
  /** Objects whose digest some index names. */
  referenced: number;
  /** Objects whose digest no index names. */
  unreferenced: number;
  /** Objects that are no chunks by their names. */
  foreign: number;
  /** Digests that some index names and that were not listed. */
  missing: number;
}
