/** A decoded and verified chunk in native memory. */
export interface PlainChunk {
  /** The plain bytes, until `release`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their address, for native functions. */
  readonly pointer: Deno.PointerObject;
  /** Gives the memory back; later calls do nothing. */
  release(): void;
}
