/** Puts a chunk's blob into memory that it asks for once, by the blob's length in bytes. */
export type ReadChunk = (buffer: (length: number) => Uint8Array) => Promise<void>;

/**
 * Other places that chunks and files of a snapshot may be had from. Nothing that they give is believed:
 * whoever asks checks it.
 */
export interface Elsewhere {
  /**
   * Asks one place after the other for a chunk, until one has a good one.
   *
   * @param digest 32 bytes.
   * @param failure Why the snapshot's own repository did not give it.
   * @param take Reads and checks what a place has; by throwing it says that it is of no use.
   * @returns What `take` has made of the first good one.
   * @throws {NotFoundError} or {CorruptDataError}, as `failure` is, naming all places that were asked.
   */
  chunk<T>(digest: Uint8Array, failure: Error, take: (read: ReadChunk) => Promise<T>): Promise<T>;
  /**
   * The same for a file of the snapshot, from snapshots of the same name.
   *
   * @param take Checks it, against the snapshot's manifest.
   */
  file<T>(
    name: string,
    failure: Error,
    take: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T>;
}
