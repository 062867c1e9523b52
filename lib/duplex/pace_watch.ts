import type { MinimumPace } from "./minimum_pace.ts";

/**
 * Watches one direction of a connection: whether its bodies get on as they have to.
 *
 * Nobody is too slow who has moved `stepBytes` in time, whatever the bodies, nor whose bodies of a
 * while ago are all complete, however short they were. Only time in which something was owed counts.
 */
export class PaceWatch {
  readonly #pace: MinimumPace;
  /** Streams that owed bytes when the present period began. */
  #owed: ReadonlySet<number> = new Set();
  #startBytes = 0;
  #spentMs = 0;

  constructor(pace: MinimumPace) {
    this.#pace = pace;
  }

  /**
   * Looks at the connection.
   *
   * @param owed Numbers of the bodies that the peer could get on with.
   * @param movedBytes Of all bodies since the connection began.
   * @param elapsedMs Since the last look.
   * @returns Whether the peer is too slow.
   */
  check(owed: ReadonlySet<number>, movedBytes: number, elapsedMs: number): boolean {
    const getsOn = movedBytes - this.#startBytes >= this.#pace.stepBytes;
    if (getsOn || this.#owed.isDisjointFrom(owed)) {
      this.#owed = owed;
      this.#startBytes = movedBytes;
      this.#spentMs = 0;
      return false;
    }
    this.#spentMs += elapsedMs;
    return this.#spentMs >= this.#pace.withinMs;
  }

  /** For messages: how much moved in the present period. */
  describe(movedBytes: number): string {
    return `${movedBytes - this.#startBytes} bytes in ${Math.round(this.#spentMs)} ms`;
  }
}
