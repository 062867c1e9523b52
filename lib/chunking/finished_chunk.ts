/** A chunk as it comes out of the pipeline. */
export interface FinishedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Offset of the chunk's first byte in the archive's plain stream. */
  readonly offset: number;
  /** Length of the plain bytes. */
  readonly size: number;
  /**
   * Whether the storage has this chunk already, or gets it with a chunk that was looked at before:
   * of equal chunks, in all streams of a pipeline, the one whose `known` or `blob` is read first has
   * the blob. So a consumer begins to store a chunk in the moment in which it looks, and a known
   * chunk may be placed in an index when everything that was begun before has been stored.
   */
  readonly known: boolean;
  /** Whether it was put in by {@linkcode ChunkStream.injectChunks}. Then it is known as well. */
  readonly injected: boolean;
  /** The finished DataBlob in native memory, until `release`; undefined if the chunk is known. */
  readonly blob: Uint8Array<ArrayBuffer> | undefined;
  /** Gives the blob's memory back. To be called once for every chunk; later calls do nothing. */
  release(): void;
}
