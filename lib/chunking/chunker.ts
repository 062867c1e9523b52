/** Says where a stream is cut. It is given every byte once, in pieces of any size. */
export interface Chunker {
  /**
   * Looks for the end of the current chunk.
   *
   * @param bytes The bytes that follow those of the calls before.
   * @param base Stream offset of the current chunk's first byte.
   * @param total Bytes of the current chunk, `bytes` included.
   * @returns How many of `bytes` still belong to the chunk, at least one; 0 if it goes on. The next
   *   call begins a new chunk with what was left over.
   */
  scan(bytes: Uint8Array, base: number, total: number): number;
  /** Begins a new chunk. */
  reset(): void;
}
