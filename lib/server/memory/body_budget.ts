/** Memory that uploads over all connections should take. */
const DEFAULT_BUDGET_BYTES = 16 * 1024 * 1024;
const BUFFER_STEP_BYTES = 64 * 1024;

/**
 * Memory for the uploads of all connections. Buffers are used again, and freed at
 * once when they are not kept. More than the budget is given out all the same: a reader asks first
 * whether it is exhausted, see `ConnectionUploads`.
 */
export class BodyBudget {
  readonly #budgetBytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #usedBytes = 0;
  #reservedBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(budgetBytes: number = DEFAULT_BUDGET_BYTES) {
    this.#budgetBytes = budgetBytes;
  }

  /** Memory of bodies that are being read or worked on, bytes. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether no further body should be begun. */
  get exhausted(): boolean {
    return this.#reservedBytes >= this.#budgetBytes;
  }

  /** Counts a body that is begun, before there is memory for it; less than 0 when it has ended. */
  reserve(sizeBytes: number): void {
    this.#reservedBytes += sizeBytes;
  }

  /** Memory for a body; that of an earlier one if possible. */
  take(leastBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ byteLength }) =>
      byteLength >= leastBytes && byteLength <= 2 * leastBytes + BUFFER_STEP_BYTES
    );
    const memory = at < 0
      ? new Uint8Array(Math.ceil(leastBytes / BUFFER_STEP_BYTES) * BUFFER_STEP_BYTES)
      : this.#free.splice(at, 1)[0]!;
    this.#usedBytes += memory.byteLength;
    return memory;
  }

  /** Takes memory back. */
  giveBack(memory: Uint8Array<ArrayBuffer> | undefined): void {
    if (memory !== undefined) {
      this.#usedBytes -= memory.byteLength;
      const keptBytes = this.#free.reduce((sum, each) => sum + each.byteLength, 0);
      if (keptBytes + memory.byteLength <= this.#budgetBytes / 2) this.#free.push(memory);
      // Freed now, not when the collector thinks so: these are most of the server's memory.
      else memory.buffer.transfer(0);
    }
    this.wake();
  }

  /** Lets all who wait look again. */
  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when something has changed. */
  async changed(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
