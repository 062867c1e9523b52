import { ConnectionError } from "../errors/mod.ts";
import { PaceWatch } from "./pace_watch.ts";
import type { Duplex } from "./duplex.ts";
import type { MinimumPace } from "./minimum_pace.ts";

/** Bytes handed to the socket at a time: progress is seen in pieces of this size. */
const SLICE_BYTES = 64 * 1024;
const SENDING: ReadonlySet<number> = new Set([0]);
const NOTHING: ReadonlySet<number> = new Set();

/** Writes to a connection, and ends it if its peer takes what is written too slowly. */
export class PacedOutput implements Disposable {
  readonly #duplex: Duplex;
  readonly #timer: ReturnType<typeof setInterval>;
  #waitingBytes = 0;
  #takenBytes = 0;

  /** @param pace Time in which nothing waits to be taken does not count. */
  constructor(duplex: Duplex, pace: MinimumPace) {
    this.#duplex = duplex;
    const watch = new PaceWatch(pace);
    const periodMs = Math.max(10, pace.withinMs / 4);
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const owed = this.#waitingBytes > 0 ? SENDING : NOTHING;
      if (watch.check(owed, this.#takenBytes, Math.min(nowMs - lastMs, 2 * periodMs))) {
        const howMuch = watch.describe(this.#takenBytes);
        duplex.abort(new ConnectionError(`${duplex.peer} is too slow: it took ${howMuch}`));
      }
      lastMs = nowMs;
    }, periodMs);
  }

  /** See {@linkcode Duplex.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    const writes: Promise<void>[] = [];
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      writes.push(this.#slice(bytes.subarray(at, at + SLICE_BYTES)));
    }
    await Promise.all(writes);
  }

  /** Ends the watch; the connection stays. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #slice(slice: Uint8Array): Promise<void> {
    this.#waitingBytes += slice.length;
    try {
      await this.#duplex.write(slice);
      this.#takenBytes += slice.length;
    } finally {
      this.#waitingBytes -= slice.length;
    }
  }
}
