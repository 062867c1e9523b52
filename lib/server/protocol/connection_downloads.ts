import { CancelledError } from "../../errors/mod.ts";
import type { BodyBudget } from "./body_budget.ts";

/** What a chunk is counted as until its length is known: most are not longer. */
const ASSUMED_BYTES = 4 * 1024 * 1024;
/** A client that takes nothing for this long may be waiting for another chunk. */
const HELD_UP_MS = 10_000;

/** A chunk in memory. */
export interface ReadDownload {
  readonly bytes: Uint8Array;
  /** To be called once, when the bytes are not needed any more. */
  readonly released: () => void;
}

/**
 * The chunks that one connection is being sent, within the budget of all. While that is exhausted, a
 * connection has one chunk in memory at a time. A client that does not take it may need another one
 * first, so after a while one more is read: memory gives way, not progress.
 */
export class ConnectionDownloads {
  readonly #budget: BodyBudget;
  /** Chunks in memory. */
  #begun = 0;
  /** How many may be although the budget is exhausted. */
  #allowance = 1;

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  /**
   * Reads a chunk when there is memory for it.
   *
   * @param read Puts it into memory that it asks for once.
   * @param signal Ends the wait.
   * @throws {CancelledError} if the signal was aborted before there was memory.
   */
  async read(
    read: (buffer: (length: number) => Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ReadDownload> {
    while (this.#isHeldUp) await this.#wait(signal);
    this.#begun++;
    let countedBytes = ASSUMED_BYTES;
    this.#budget.reserve(countedBytes);
    let memory: Uint8Array<ArrayBuffer> | undefined;
    let bytes = new Uint8Array(0);
    const released = () => {
      if (--this.#begun === 0) this.#allowance = 1;
      this.#budget.reserve(-countedBytes);
      this.#budget.giveBack(memory);
    };
    try {
      await read((length) => {
        this.#budget.reserve(length - countedBytes);
        countedBytes = length;
        memory = this.#budget.take(length);
        return bytes = memory.subarray(0, length);
      });
    } catch (error) {
      released();
      throw error;
    }
    return { bytes, released };
  }

  get #isHeldUp(): boolean {
    return this.#budget.exhausted && this.#begun >= this.#allowance;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError("the client gave up the request");
    const begun = this.#begun;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#allowance = Math.max(this.#allowance, begun + 1);
        end();
      }, HELD_UP_MS);
      signal.addEventListener("abort", end);
      this.#budget.changed().then(end);
    });
  }
}
