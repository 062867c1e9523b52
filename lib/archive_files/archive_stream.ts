/** An archive that comes from somewhere else, front to back, once. */
export interface ArchiveStream {
  /** For messages. */
  readonly name: string;
  /** Its bytes; whoever reads them does not change them. */
  readonly pieces: AsyncIterable<Uint8Array>;
}
