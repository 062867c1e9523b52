/** Digests at equal distances in the bytes of an index. */
export interface DigestColumn {
  readonly bytes: Uint8Array;
  /** Byte at which the first one begins. */
  readonly offset: number;
  /** Bytes from the beginning of one to that of the next, a multiple of 4. */
  readonly stride: number;
  /** Number of digests. */
  readonly count: number;
}

/**
 * An index file that was read and checked. Chunks are numbered from 0 in stream order. Nothing is
 * allocated per chunk; digests are views into the file's bytes.
 */
export interface ChunkIndex {
  readonly kind: "dynamic" | "fixed";
  /** Its name in messages. */
  readonly name: string;
  /** Number of chunks, repeated ones counted again. */
  readonly chunkCount: number;
  /** Length of the virtual file in bytes. */
  readonly size: number;
  /** Recomputed from the entries, never the one in the header; 32 bytes. */
  readonly checksum: Uint8Array;
  /** All digests, for who reads millions of them. */
  readonly digests: DigestColumn;
  /** View of a chunk's digest. @throws {RangeError} if there is no such chunk. */
  digestAt(chunk: number): Uint8Array;
  /** Offset of a chunk's first byte. @throws {RangeError} if there is no such chunk. */
  startOf(chunk: number): number;
  /** Offset after a chunk's last byte. @throws {RangeError} if there is no such chunk. */
  endOf(chunk: number): number;
  /** The chunk that holds the byte at an offset; undefined at and beyond the size. */
  findChunk(offset: number): number | undefined;
}
