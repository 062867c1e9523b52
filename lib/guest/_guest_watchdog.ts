/** Longest time that a timer of the runtime takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends a guest that nobody asks for anything any more, unless something holds it up. */
export class GuestWatchdog implements Disposable {
  readonly #timeoutMs: number;
  readonly #end: () => void;
  #deadlineMs = 0;
  #holders = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param end Called once, when the time is up. */
  constructor(timeoutMs: number, end: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#end = end;
    this.reset();
  }

  /** Time that is left, milliseconds. */
  get leftMs(): number {
    return this.#holders > 0 ? this.#timeoutMs : Math.max(0, this.#deadlineMs - performance.now());
  }

  /** Begins the time anew. */
  reset(): void {
    this.#deadlineMs = performance.now() + this.#timeoutMs;
    clearTimeout(this.#timer);
    if (this.#holders > 0) return;
    this.#timer = setTimeout(() => this.#end(), Math.min(this.#timeoutMs, MAX_TIMER_MS));
  }

  /** Stops the time. @returns What lets it go on from its beginning; to be called once. */
  hold(): () => void {
    this.#holders++;
    this.reset();
    return () => {
      this.#holders--;
      this.reset();
    };
  }

  /** Ends nothing any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
