import { setTimeout as delay } from "node:timers/promises";
import { CancelledError } from "../errors/mod.ts";

const SLICE_MS = 15;

/**
 * Lets long work that never waits by itself pause now and then, so that the rest of the process goes
 * on, and stop when it is asked to.
 */
export class TimeSlice {
  #end = performance.now() + SLICE_MS;

  /** @param signal Asks to stop. */
  constructor(readonly signal?: AbortSignal) {}

  /** Whether {@linkcode TimeSlice.pause} is due. */
  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Lets others go on. @throws {CancelledError} if it was asked to stop. */
  async pause(): Promise<void> {
    await delay(0);
    this.#end = performance.now() + SLICE_MS;
    this.check();
  }

  /** @throws {CancelledError} if it was asked to stop. */
  check(): void {
    if (this.signal?.aborted) {
      throw new CancelledError("the task was aborted", { cause: this.signal.reason });
    }
  }
}
