import type { IncomingBody } from "../../http/mod.ts";
import { ConnectionError, UsageError } from "../../errors/mod.ts";

/** Memory that uploads of all connections together should take. */
const DEFAULT_BUDGET_BYTES = 48 * 1024 * 1024;
const BUFFER_STEP_BYTES = 64 * 1024;
/** A client that sends nothing of a body for this long has given it up. */
const STALL_TIMEOUT_MS = 120_000;

/** A body that was read whole. */
export interface ReadUpload extends Disposable {
  /** Not to be used after disposal. */
  readonly bytes: Uint8Array;
}

/** The uploads of one connection. */
interface UploadGroup {
  /** Complete bodies that are being worked on. */
  processing: number;
}

/**
 * Bounds the memory of uploads without the danger of a deadlock (spec: protocol.md §10, pitfall 25):
 * every body is read as it comes, and only while the budget is used up *and* a complete body of the
 * same connection is being worked on, reading of the others waits for that.
 */
export class UploadBudget {
  readonly #budgetBytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #usedBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(budgetBytes: number = DEFAULT_BUDGET_BYTES) {
    this.#budgetBytes = budgetBytes;
  }

  /** The uploads of a new connection. */
  connection(): ConnectionUploads {
    return new ConnectionUploads(this);
  }

  /** @internal */
  get exhausted(): boolean {
    return this.#usedBytes > this.#budgetBytes;
  }

  /** @internal Memory for a body; from an earlier one if possible. */
  take(leastBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ byteLength }) =>
      byteLength >= leastBytes && byteLength <= 2 * leastBytes + BUFFER_STEP_BYTES
    );
    const memory = at < 0
      ? new Uint8Array(Math.ceil(leastBytes / BUFFER_STEP_BYTES) * BUFFER_STEP_BYTES)
      : this.#free.splice(at, 1)[0]!;
    this.#usedBytes += memory.byteLength;
    return memory;
  }

  /** @internal */
  giveBack(memory: Uint8Array<ArrayBuffer> | undefined): void {
    if (memory !== undefined) {
      this.#usedBytes -= memory.byteLength;
      const keptBytes = this.#free.reduce((sum, each) => sum + each.byteLength, 0);
      if (this.#usedBytes + keptBytes + memory.byteLength <= this.#budgetBytes) {
        this.#free.push(memory);
      }
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @internal Resolves when memory was given back. */
  async changed(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** The uploads of one connection within the budget of all. */
export class ConnectionUploads {
  readonly #group: UploadGroup = { processing: 0 };

  constructor(readonly budget: UploadBudget) {}

  /**
   * Reads a body whole.
   *
   * @param expectedBytes Exactly this many are allowed.
   * @param refuse Makes the error for another number; told what came so far.
   * @returns The bytes; to be disposed when they are not needed any more.
   */
  async read(
    body: IncomingBody,
    expectedBytes: number,
    refuse: (receivedBytes: number) => Error = () => new UsageError("body has another length"),
  ): Promise<ReadUpload> {
    const group = this.#group;
    let memory: Uint8Array<ArrayBuffer> | undefined;
    let length = 0;
    try {
      for (let part = await next(body); part !== undefined; part = await next(body)) {
        if (length + part.length > expectedBytes) throw refuse(length + part.length);
        if (memory === undefined || length + part.length > memory.byteLength) {
          memory = this.#grow(memory, length, length + part.length, expectedBytes);
        }
        memory.set(part, length);
        length += part.length;
        while (length < expectedBytes && this.budget.exhausted && group.processing > 0) {
          await this.budget.changed();
        }
      }
      if (length !== expectedBytes) throw refuse(length);
    } catch (error) {
      this.budget.giveBack(memory);
      throw error;
    }
    group.processing++;
    let held = true;
    return {
      bytes: memory === undefined ? new Uint8Array(0) : memory.subarray(0, length),
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        group.processing--;
        this.budget.giveBack(memory);
      },
    };
  }

  /** The announced length is trusted only as far as bytes have come. */
  #grow(
    memory: Uint8Array<ArrayBuffer> | undefined,
    usedBytes: number,
    neededBytes: number,
    expectedBytes: number,
  ): Uint8Array<ArrayBuffer> {
    const wanted = Math.min(expectedBytes, Math.max(neededBytes, 4 * usedBytes, 1 << 20));
    const grown = this.budget.take(wanted);
    if (memory !== undefined) {
      grown.set(memory.subarray(0, usedBytes));
      this.budget.giveBack(memory);
    }
    return grown;
  }
}

/** The next bytes of a body, unless they do not come. */
async function next(body: IncomingBody): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      body.cancel();
      reject(new ConnectionError("the client stopped sending a body"));
    }, STALL_TIMEOUT_MS);
  });
  try {
    return await Promise.race([body.read(), stalled]);
  } finally {
    clearTimeout(timer);
  }
}
