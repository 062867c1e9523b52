import { Http2Error } from "./http2_error.ts";
import { Http2ErrorCode } from "./http2_format.ts";

/** Costly events that may come in a burst, and how many more per second. */
const BURST_EVENTS = 2000;
const EVENTS_PER_SECOND = 200;

/**
 * Counts what costs us something and is hardly ever sent by a peer of good will: resets of running
 * requests, pings, settings, empty frames. Too many of them end the connection.
 */
export class FloodGuard {
  readonly #now: () => number;
  #left = BURST_EVENTS;
  #lastMs: number;

  /** @param now Clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lastMs = now();
  }

  /**
   * Notes one event.
   *
   * @param what Its name for the message.
   * @throws {Http2Error} with ENHANCE_YOUR_CALM if there were too many.
   */
  note(what: string): void {
    if (--this.#left >= 0) return;
    const nowMs = this.#now();
    const gained = Math.floor((nowMs - this.#lastMs) / 1000 * EVENTS_PER_SECOND);
    this.#lastMs = nowMs;
    this.#left = Math.min(BURST_EVENTS, gained) - 1;
    if (this.#left < 0) {
      throw new Http2Error("connection", Http2ErrorCode.ENHANCE_YOUR_CALM, `too many ${what}`);
    }
  }
}
