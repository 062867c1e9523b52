import { LockedError } from "../errors/mod.ts";

/** Renewals in a lease. */
const RENEWALS = 6;
/** Part of a lease in which changes may be sent: they have to arrive before it is over. */
const SAFE_PART = 0.75;

/** A sign of life that is renewed until it is stopped, and what this process may still do by it. */
export class Lease {
  readonly #ms: number;
  readonly #renew: () => Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Time before the last renewal that succeeded, by this machine's clock, milliseconds. */
  #renewedAt: number;
  #renewal: Promise<void> = Promise.resolve();

  /**
   * A lease that has just been written.
   *
   * @param start Time before that, milliseconds since the epoch.
   * @param renew Writes it again.
   */
  constructor(seconds: number, start: number, renew: () => Promise<void>) {
    this.#ms = seconds * 1000;
    this.#renew = renew;
    this.#renewedAt = start;
    this.#timer = setInterval(() => this.#renewLater(), this.#ms / RENEWALS);
    Deno.unrefTimer(Number(this.#timer));
  }

  /** @throws {LockedError} if others may have taken this process for dead: it must change nothing more. */
  check(): void {
    // The clock on the wall goes on while a machine is suspended.
    if (Date.now() - this.#renewedAt < this.#ms * SAFE_PART) return;
    throw new LockedError(
      "this run gave no sign of life for too long (a suspended machine, a lost network), others may " +
        "have removed what it relies on: it ends here, a new run begins anew",
    );
  }

  /** Ends the renewals. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
  }

  #renewLater(): void {
    // What does not succeed is noticed by check().
    this.#renewal = this.#renewal.then(async () => {
      const start = Date.now();
      await this.#renew();
      // After a time in which others might have ended it, renewing does not help.
      if (start - this.#renewedAt < this.#ms) this.#renewedAt = start;
    }).catch(() => {});
  }
}
