const SLASH = 0x2f;

/** Path of the entry that a walk is at; made of names, without a copy for each entry. */
export class PathBytes {
  #bytes: Uint8Array<ArrayBuffer> = Uint8Array.of(SLASH);
  /** Bytes of the path up to and with the slash of each directory above. */
  readonly #starts = [1];

  /**
   * The path of an entry, with a leading slash; as long as the walk does not go on.
   *
   * @param path Names from below the root down to the entry.
   */
  of(path: readonly Uint8Array[]): Uint8Array {
    const name = path.at(-1)!;
    const start = this.#starts[path.length - 1]!;
    const end = start + name.byteLength;
    if (this.#bytes.byteLength <= end) {
      const grown = new Uint8Array(2 * (end + 1));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    this.#bytes.set(name, start);
    // Where names below it begin, if there are any.
    this.#bytes[end] = SLASH;
    this.#starts[path.length] = end + 1;
    return this.#bytes.subarray(0, end);
  }
}
