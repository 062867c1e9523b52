import { ConnectionError } from "../errors/mod.ts";
import type { Duplex } from "./duplex.ts";

/** How {@linkcode memoryDuplexPair} cuts up and limits what it carries in one direction. */
export interface MemoryDuplexOptions {
  /** Size in bytes of the next piece that arrives; default: everything there is. */
  readonly fragmentBytes?: () => number;
  /** The direction breaks (as if reset) after this many bytes. */
  readonly breakAfterBytes?: number;
  /** As `breakAfterBytes`, but it ends as if its sender had closed it. */
  readonly endAfterBytes?: number;
}

class Pipe {
  readonly queue: Uint8Array[] = [];
  ended = false;
  failure: Error | undefined;
  carriedBytes = 0;
  wake: (() => void) | undefined;

  notify(): void {
    const wake = this.wake;
    this.wake = undefined;
    wake?.();
  }
}

class MemoryDuplex implements Duplex {
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  readonly #receiving: MemoryDuplexOptions;
  readonly #sending: MemoryDuplexOptions;

  constructor(
    readonly peer: string,
    [incoming, receiving]: [Pipe, MemoryDuplexOptions],
    [outgoing, sending]: [Pipe, MemoryDuplexOptions],
  ) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#receiving = receiving;
    this.#sending = sending;
  }

  async read(): Promise<Uint8Array | undefined> {
    const pipe = this.#incoming;
    while (true) {
      const first = pipe.queue[0];
      if (first !== undefined) {
        const wanted = this.#receiving.fragmentBytes?.() ?? first.length;
        const size = Math.max(1, Math.min(wanted, first.length));
        if (size === first.length) pipe.queue.shift();
        else pipe.queue[0] = first.subarray(size);
        return first.subarray(0, size);
      }
      if (pipe.failure !== undefined) throw pipe.failure;
      if (pipe.ended) return undefined;
      await new Promise<void>((resolve) => pipe.wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    const pipe = this.#outgoing;
    if (pipe.failure !== undefined) return Promise.reject(pipe.failure);
    if (pipe.ended) {
      return Promise.reject(new ConnectionError(`connection to ${this.peer} is closed`));
    }
    const limit = this.#sending.breakAfterBytes ?? this.#sending.endAfterBytes ?? Infinity;
    const room = Math.min(bytes.length, limit - pipe.carriedBytes);
    if (room > 0) {
      pipe.carriedBytes += room;
      pipe.queue.push(bytes.slice(0, room));
    }
    if (pipe.carriedBytes >= limit) {
      if (this.#sending.breakAfterBytes === undefined) pipe.ended = true;
      else pipe.failure = new ConnectionError(`connection to ${this.peer} was reset`);
    }
    pipe.notify();
    return pipe.failure === undefined ? Promise.resolve() : Promise.reject(pipe.failure);
  }

  close(): Promise<void> {
    this.#outgoing.ended = true;
    this.#outgoing.notify();
    return Promise.resolve();
  }

  abort(reason?: Error): void {
    for (const pipe of [this.#incoming, this.#outgoing]) {
      pipe.failure ??= reason ?? new ConnectionError(`connection to ${this.peer} was aborted`);
      pipe.queue.length = 0;
      pipe.notify();
    }
  }
}

/**
 * Two connected ends in memory. Writes are copied, so the memory is free immediately.
 *
 * @param options Fragmentation and breaking points, for tests of what sits on top.
 * @param backward The same for what the second end sends; default: as the first.
 * @returns Both ends; what is written to one is read from the other.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [left, right] = memoryDuplexPair({ fragmentBytes: () => 2 });
 * await left.write(Uint8Array.of(1, 2, 3));
 * assertEquals(await right.read(), Uint8Array.of(1, 2));
 * assertEquals(await right.read(), Uint8Array.of(3));
 * ```
 */
export function memoryDuplexPair(
  options: MemoryDuplexOptions = {},
  backward: MemoryDuplexOptions = options,
): [Duplex, Duplex] {
  const there = new Pipe();
  const back = new Pipe();
  return [
    new MemoryDuplex("right", [back, backward], [there, options]),
    new MemoryDuplex("left", [there, options], [back, backward]),
  ];
}
