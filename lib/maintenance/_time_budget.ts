/** Longest time of a timer, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Time that a run may take; and whoever may end it before. */
export class TimeBudget implements Disposable {
  /** Aborted when the time is over, or somebody ends the run. */
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param seconds Absent: as long as it takes.
   * @param ended Ends the run.
   */
  constructor(seconds: number | undefined, ended: AbortSignal) {
    if (seconds === undefined) {
      this.signal = ended;
      return;
    }
    const over = new AbortController();
    if (seconds === 0) over.abort();
    else this.#timer = setTimeout(() => over.abort(), Math.min(seconds * 1000, MAX_TIMER_MS));
    this.signal = AbortSignal.any([ended, over.signal]);
  }

  /** Whether nothing more is to be begun. */
  get isOver(): boolean {
    return this.signal.aborted;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
