/** Place in the middle of a snapshot at which a verification was ended; another one goes on there. */
export interface VerifyPlace {
  /** `[namespace:]type/id/time`. */
  readonly snapshot: string;
  /** The task that began with the snapshot; the result gets its name, hence its age. */
  readonly upid: string;
  /** The index that was being verified; those before it in the manifest are done. */
  readonly file: string;
  /** Checksum of that index, hex digits. */
  readonly checksum: string;
  /** Number of its entries that are done. */
  readonly next: number;
  /** Faults so far, a line each. */
  readonly problems: readonly string[];
}
