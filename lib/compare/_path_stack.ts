const SLASH = 0x2f;

/** The path of the directory that a walk is in, as bytes. */
export class PathStack {
  #bytes = new Uint8Array(4096);
  #length = 0;
  readonly #ends: number[] = [];

  /** Directories below the root. */
  get depth(): number {
    return this.#ends.length;
  }

  /** Goes into a directory. */
  push(name: Uint8Array): void {
    this.#ends.push(this.#length);
    const start = this.#length === 0 ? 0 : this.#length + 1;
    const end = start + name.byteLength;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    if (start > 0) this.#bytes[start - 1] = SLASH;
    this.#bytes.set(name, start);
    this.#length = end;
  }

  /** Goes back out. */
  pop(): void {
    this.#length = this.#ends.pop()!;
  }

  /** The path of an entry of the directory; empty for the root's own, empty name. */
  pathOf(name: Uint8Array): Uint8Array {
    if (this.#length === 0) return name.slice();
    const path = new Uint8Array(this.#length + 1 + name.byteLength);
    path.set(this.#bytes.subarray(0, this.#length));
    path[this.#length] = SLASH;
    path.set(name, this.#length + 1);
    return path;
  }
}
