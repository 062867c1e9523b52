import { setTimeout as delay } from "node:timers/promises";
import type { Duplex } from "./duplex.ts";

/** Shorter delays are skipped (spec: protocol.md §1.6), in milliseconds. */
const LEAST_DELAY_MS = 10;

/** How much may pass. */
export interface RateLimit {
  readonly rateBytesPerSecond: number;
  /** Size of the bucket; one second's worth unless given. */
  readonly burstBytes?: number;
}

/**
 * A token bucket (spec: protocol.md §1.6). It starts used up, so that there is no initial burst.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * let nowMs = 0;
 * const limiter = new RateLimiter({ rateBytesPerSecond: 1000 }, () => nowMs);
 * assertEquals(limiter.account(500), 500); // delay in milliseconds
 * nowMs = 1000;
 * assertEquals(limiter.account(100), 0);
 * ```
 */
export class RateLimiter {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #usedBytes: number;
  #lastMs: number;

  /** @param now Clock in milliseconds. */
  constructor(limits: RateLimit, now: () => number = () => performance.now()) {
    this.#rate = limits.rateBytesPerSecond;
    this.#burst = limits.burstBytes ?? limits.rateBytesPerSecond;
    this.#now = now;
    this.#usedBytes = this.#burst;
    this.#lastMs = now();
  }

  /** Notes traffic. @returns how long the next operation has to wait, in milliseconds. */
  account(sizeBytes: number): number {
    const nowMs = this.#now();
    const refill = (nowMs - this.#lastMs) / 1000 * this.#rate;
    this.#lastMs = nowMs;
    this.#usedBytes = Math.max(0, this.#usedBytes - refill) + sizeBytes;
    const delayMs = (this.#usedBytes - this.#burst) / this.#rate * 1000;
    return delayMs < LEAST_DELAY_MS ? 0 : delayMs;
  }
}

/** A duplex whose reads and writes are slowed down; several may share the two limiters. */
export class RateLimitedDuplex implements Duplex {
  readonly #duplex: Duplex;
  readonly #incoming: RateLimiter | undefined;
  readonly #outgoing: RateLimiter | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #readDelayMs = 0;

  /** A direction without a limiter is as fast as it is. */
  constructor(
    duplex: Duplex,
    incoming: RateLimiter | undefined,
    outgoing: RateLimiter | undefined,
  ) {
    this.#duplex = duplex;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get peer(): string {
    return this.#duplex.peer;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#readDelayMs > 0) await delay(this.#readDelayMs);
    const bytes = await this.#duplex.read();
    this.#readDelayMs = bytes && this.#incoming?.account(bytes.length) || 0;
    return bytes;
  }

  release(bytes: Uint8Array): void {
    this.#duplex.release?.(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = this.#lastWrite.then(async () => {
      await this.#duplex.write(bytes);
      const delayMs = this.#outgoing?.account(bytes.length) ?? 0;
      if (delayMs > 0) await delay(delayMs);
    });
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#duplex.close();
  }

  abort(reason?: Error): void {
    this.#duplex.abort(reason);
  }
}
