import { ConnectionError, UsageError } from "../../errors/mod.ts";
import type { IncomingBody } from "../../http/mod.ts";
import type { BodyBudget } from "../memory/mod.ts";

/** Room for nearly all chunks; pages that are never written to cost nothing. */
const FIRST_BUFFER_BYTES = 4.25 * 1024 * 1024;
/**
 * A client that sends nothing of a body for this long has given it up, even if others get on. Over a
 * slow link they may take turns that are long; how fast all of them have to come is the connection's.
 */
const STALL_TIMEOUT_MS = 900_000;
/** How often it is looked whether a body is held up by others. */
const HELD_UP_MS = 500;
/** A body of which nothing came for this long is taken for held up: clients may leave some room. */
const SILENCE_MS = 5000;
/** When nothing was held up for this long, one body less is read at a time. */
const CALM_MS = 5000;

/** A body that was read whole. */
export interface ReadUpload extends Disposable {
  /** Not to be used after disposal. */
  readonly bytes: Uint8Array;
}

/**
 * The uploads of one connection within the budget of all (spec: protocol.md §10, pitfall 25).
 *
 * While the budget is exhausted, a connection reads one body at a time; the others stay in its
 * flow-control window. A client that mixes its bodies fills that window with those that are not
 * read, so when nothing comes of the one that is, one more is read: memory gives way, not progress.
 */
export class ConnectionUploads {
  readonly #budget: BodyBudget;
  /** Bodies that were begun and are not yet disposed of. */
  #begun = 0;
  /** How many may be begun although the budget is exhausted. */
  #allowance = 1;
  #allowanceChangedMs = 0;
  #lastAdmission: Promise<unknown> = Promise.resolve();

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  /**
   * Reads a body whole.
   *
   * @param expectedBytes Exactly this many are allowed.
   * @param refuse Makes the error for another number; told what came so far.
   * @returns The bytes; to be disposed when they are not needed any more.
   * @throws {ConnectionError} if the connection ends, or the client stops sending.
   */
  async read(
    body: IncomingBody,
    expectedBytes: number,
    refuse: (receivedBytes: number) => Error = () => new UsageError("body has another length"),
  ): Promise<ReadUpload> {
    // In the order of the requests: the bytes of one that was passed over would be in the way.
    const admission = this.#lastAdmission.then(() => this.#admit(expectedBytes));
    this.#lastAdmission = admission;
    const upload = await admission;
    const watch = setInterval(() => this.#watch(upload, body), HELD_UP_MS);
    try {
      await body.eachPiece((part) => {
        if (!upload.add(part)) throw refuse(upload.lengthBytes + part.length);
      });
      if (upload.stalled) throw new ConnectionError("the client stopped sending a body");
      if (upload.lengthBytes !== expectedBytes) throw refuse(upload.lengthBytes);
    } catch (error) {
      this.#end(upload);
      throw error;
    } finally {
      clearInterval(watch);
    }
    return { bytes: upload.bytes, [Symbol.dispose]: () => this.#end(upload) };
  }

  async #admit(expectedBytes: number): Promise<Upload> {
    while (this.#budget.exhausted && this.#begun >= this.#allowance) await this.#budget.changed();
    this.#begun++;
    return new Upload(this.#budget, expectedBytes);
  }

  #watch(upload: Upload, body: IncomingBody): void {
    const silentMs = performance.now() - upload.lastPartMs;
    if (silentMs >= STALL_TIMEOUT_MS) {
      upload.stalled = true;
      body.cancel();
    } else if (silentMs >= (body.heldUp ? HELD_UP_MS : SILENCE_MS) && this.#budget.exhausted) {
      this.#allowance = Math.max(this.#allowance, this.#begun + 1);
      this.#allowanceChangedMs = performance.now();
      this.#budget.wake();
    }
  }

  #end(upload: Upload): void {
    if (upload.ended) return;
    this.#begun--;
    if (this.#begun === 0) this.#allowance = 1;
    else if (this.#allowance > 1 && performance.now() - this.#allowanceChangedMs >= CALM_MS) {
      this.#allowance--;
      this.#allowanceChangedMs = performance.now();
    }
    upload.end();
  }
}

/** A body on its way into memory. */
class Upload {
  readonly #budget: BodyBudget;
  readonly #expectedBytes: number;
  #memory: Uint8Array<ArrayBuffer> | undefined;
  lengthBytes = 0;
  lastPartMs = performance.now();
  stalled = false;
  ended = false;

  constructor(budget: BodyBudget, expectedBytes: number) {
    this.#budget = budget;
    this.#expectedBytes = expectedBytes;
    budget.reserve(expectedBytes);
  }

  get bytes(): Uint8Array {
    return this.#memory?.subarray(0, this.lengthBytes) ?? new Uint8Array(0);
  }

  /** @returns `false` if that is more than expected. */
  add(part: Uint8Array): boolean {
    this.lastPartMs = performance.now();
    const needed = this.lengthBytes + part.length;
    if (needed > this.#expectedBytes) return false;
    if (needed > (this.#memory?.byteLength ?? 0)) this.#grow(needed);
    this.#memory!.set(part, this.lengthBytes);
    this.lengthBytes = needed;
    return true;
  }

  end(): void {
    this.ended = true;
    this.#budget.reserve(-this.#expectedBytes);
    this.#budget.giveBack(this.#memory);
    this.#memory = undefined;
  }

  /** Long bodies get memory as they come: what was announced need not follow. */
  #grow(neededBytes: number): void {
    const old = this.#memory;
    const wanted = Math.max(neededBytes, 2 * (old?.byteLength ?? 0), FIRST_BUFFER_BYTES);
    this.#memory = this.#budget.take(Math.min(this.#expectedBytes, wanted));
    if (old === undefined) return;
    this.#memory.set(old.subarray(0, this.lengthBytes));
    this.#budget.giveBack(old);
  }
}
