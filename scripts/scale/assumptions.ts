// Everything that docs/internals/scale.md computes with. Prices are examples of three classes of offers, not
// anybody's; put your own in and run scripts/write_scale_tables.ts.

/** Prices of an object store, in dollars. */
export interface PriceClass {
  readonly name: string;
  /** Per 10^9 bytes and month. */
  readonly storage: number;
  /** Per million requests that write or list. */
  readonly write: number;
  /** Per million requests that read. */
  readonly read: number;
  /** Per 10^9 bytes that leave the store. */
  readonly egress: number;
}

/** Price classes that the tables show. */
export const PRICES: readonly PriceClass[] = [
  { name: "A: all is metered", storage: 0.023, write: 5, read: 0.4, egress: 0.09 },
  { name: "B: storage and requests", storage: 0.015, write: 4.5, read: 0.36, egress: 0 },
  { name: "C: storage alone", storage: 0.006, write: 0, read: 0, egress: 0.01 },
];

/** A store of a size. */
export interface StoreSize {
  readonly name: string;
  /** Different data before compression, bytes. */
  readonly bytes: number;
  readonly groups: number;
}

const MIB = 2 ** 20;

/** Part of the data that is in images; the rest is in files. */
export const IMAGE_PART = 0.5;
/** Bytes of a chunk of an image. */
export const IMAGE_CHUNK = 4 * MIB;
/** Bytes of a chunk of files, on average. */
export const FILE_CHUNK = 3 * MIB;
/** Stored bytes of a byte of data. */
export const COMPRESSION = 0.6;
/** Snapshots that are kept of a group. */
export const SNAPSHOTS = 30;
/** Part of a snapshot's chunks that the one before has not. */
export const CHANGE = 0.01;
/** Objects of a snapshot: three indexes, log, manifest. */
export const SNAPSHOT_OBJECTS = 5;
/** Objects in an answer to a listing. */
export const PAGE = 1000;

/** Bytes of a chunk before compression, on average. */
export const MEAN_CHUNK = 1 / (IMAGE_PART / IMAGE_CHUNK + (1 - IMAGE_PART) / FILE_CHUNK);

/** Stores that the tables show. */
export const SIZES: readonly StoreSize[] = [
  { name: "1 TB", bytes: 1e12, groups: 10 },
  { name: "100 TB", bytes: 1e14, groups: 100 },
  { name: "10 PB", bytes: 1e16, groups: 1000 },
  { name: "10^10 chunks", bytes: 1e10 * MEAN_CHUNK, groups: 3600 },
];

/** Sizes of each of a thousand clients, bytes. */
export const CLIENT_SIZES = [1e11, 1e12, 1e13] as const;
export const CLIENTS = 1000;
/** Seconds of a night. */
export const NIGHT = 8 * 3600;

/** Index entries that are marked in a second: the goal, a third or less of what was measured. */
export const MARKED_PER_SECOND = 3e6;
/** Chunks of a listing that one processor receives, takes apart and looks up in a second. */
export const LISTED_PER_SECOND = 2e5;
/** Seconds until a page of a listing is there. */
export const LIST_LATENCY = 0.15;
/** Prefixes that are listed at the same time. */
export const PARALLEL_LISTS = 16;
/** Bytes per second that indexes are read with. */
export const LINK = 125e6;
/** Bytes of memory for marking. */
export const BUDGET = 512 * MIB;
/** Bytes that a digest takes in the table of marked ones, and in the file. */
export const TABLE_ENTRY = 60;
export const FILE_ENTRY = 32;
/** Part of a store that a collection removes. */
export const GARBAGE = 0.01;
