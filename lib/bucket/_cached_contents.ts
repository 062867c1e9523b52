/** The contents of chunks that a cache holds, the one that was used longest ago first. */
export class CachedContents {
  readonly #sizes = new Map<string, number>();
  readonly #surplus: string[] = [];
  #bytes = 0;

  /** @param limitBytes Contents beyond that are to go. */
  constructor(readonly limitBytes: number) {}

  /** Bytes of all contents. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is room for a content of that size at all. */
  hasRoomFor(sizeBytes: number): boolean {
    return sizeBytes <= this.limitBytes;
  }

  /** Counts a content as used now, and in if it is not yet. */
  use(name: string, sizeBytes: number): void {
    this.forget(name);
    this.#sizes.set(name, sizeBytes);
    this.#bytes += sizeBytes;
  }

  /** Counts a content in that others have left, as used before all others. */
  adopt(name: string, sizeBytes: number): void {
    if (this.#sizes.has(name)) return;
    // Rather than moving all others: it is the first to go if there is too much, and that is now.
    if (this.#bytes + sizeBytes > this.limitBytes) this.#surplus.push(name);
    else this.use(name, sizeBytes);
  }

  /** Counts a content out. */
  forget(name: string): void {
    const size = this.#sizes.get(name);
    if (size === undefined) return;
    this.#sizes.delete(name);
    this.#bytes -= size;
  }

  /** Those that have to go, counted out already. */
  *takeSurplus(): Generator<string> {
    yield* this.#surplus.splice(0);
    while (this.#bytes > this.limitBytes) {
      const [oldest] = this.#sizes.keys();
      if (oldest === undefined) return;
      this.forget(oldest);
      yield oldest;
    }
  }
}
