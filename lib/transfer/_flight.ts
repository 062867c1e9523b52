/**
 * Work that is under way within a budget of bytes and of pieces. The first failure keeps everything else
 * from being begun.
 */
export class Flight {
  readonly #running = new Set<Promise<void>>();
  #pieces = 0;
  #usedBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param budgetBytes What may be under way; something larger goes alone.
   * @param maxPieces Pieces that may be under way.
   */
  constructor(private readonly budgetBytes: number, private readonly maxPieces: number) {}

  /**
   * Begins a piece of work as soon as there is room.
   *
   * @returns Resolves when it has begun; holds its end, which never rejects: see {@linkcode Flight.land}.
   * @throws the failure of whatever failed before.
   */
  async begin(bytes: number, work: () => Promise<void>): Promise<{ readonly end: Promise<void> }> {
    while (!this.#hasRoom(bytes) && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.check();
    this.#pieces++;
    this.#usedBytes += bytes;
    const end = this.#run(bytes, work);
    this.#running.add(end);
    end.then(() => this.#running.delete(end));
    return { end };
  }

  /** @throws the failure of whatever failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Notes a failure of something else: nothing is begun any more. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Waits until nothing is under way, whatever came of it. */
  async land(): Promise<void> {
    await Promise.all(this.#running);
  }

  #hasRoom(bytes: number): boolean {
    return this.#pieces === 0 ||
      this.#pieces < this.maxPieces && this.#usedBytes + bytes <= this.budgetBytes;
  }

  async #run(bytes: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#pieces--;
      this.#usedBytes -= bytes;
      this.#wake?.();
      this.#wake = undefined;
    }
  }
}
