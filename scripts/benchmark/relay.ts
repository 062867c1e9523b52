// A slow link on the loopback device: bytes that are sent to it reach the port behind it no faster
// than the link's rate, and late. TCP's own slow start is not imitated: what the kernels on both sides
// see is the loopback device.
//
//   deno run -A scripts/benchmark/relay.ts PORT DELAY_MS BYTES_PER_SECOND
//
// Prints its own port; then, for every line on the standard input, what has gone up and down so far.

import { setTimeout as delay } from "node:timers/promises";
/** Memory of one read. */
const PIECE_BYTES = 64 * 1024;
/** What waits in front of the link; the sender is held up by more. */
const QUEUE_MS = 10;
/** Time that the link makes up for when this process had no processor. */
const CREDIT_MS = 20;

interface Piece {
  readonly arrivalMs: number;
  readonly memory: Uint8Array;
  readonly lengthBytes: number;
}

/** One direction of the link; all connections share its rate. */
class Direction {
  bytes = 0;
  readonly #delayMs: number;
  readonly #bytesPerMs: number;
  readonly #free: Uint8Array[] = [];
  /** When the last byte that was accepted has gone onto the link. */
  #freeAtMs = 0;

  constructor(delayMs: number, bytesPerSecond: number) {
    this.#delayMs = delayMs;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  async carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    // As much as a receiver with just enough room for the link would let a sender have under way.
    const mostBytes = this.#bytesPerMs * (2 * this.#delayMs + QUEUE_MS);
    const pieces: Piece[] = [];
    let underWayBytes = 0;
    let ended = false;
    let wakeReader: (() => void) | undefined;
    let wakeWriter: (() => void) | undefined;
    const read = async () => {
      for (;;) {
        const memory = this.#free.pop() ?? new Uint8Array(PIECE_BYTES);
        const lengthBytes = await from.read(memory).catch(() => null);
        if (lengthBytes === null) break;
        const nowMs = performance.now();
        this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - CREDIT_MS) +
          lengthBytes / this.#bytesPerMs;
        pieces.push({ arrivalMs: this.#freeAtMs + this.#delayMs, memory, lengthBytes });
        this.bytes += lengthBytes;
        underWayBytes += lengthBytes;
        wakeWriter?.();
        const aheadMs = this.#freeAtMs - nowMs;
        if (aheadMs > QUEUE_MS) await delay(aheadMs - QUEUE_MS);
        while (underWayBytes > mostBytes) {
          await new Promise<void>((resolve) => wakeReader = resolve);
        }
      }
      ended = true;
      wakeWriter?.();
    };
    const write = async () => {
      for (;;) {
        const piece = pieces.shift();
        if (piece === undefined) {
          if (ended) break;
          await new Promise<void>((resolve) => wakeWriter = resolve);
          continue;
        }
        const leftMs = piece.arrivalMs - performance.now();
        if (leftMs > 0) await delay(leftMs);
        const { memory, lengthBytes } = piece;
        for (let done = 0; done < lengthBytes;) {
          done += await to.write(memory.subarray(done, lengthBytes));
        }
        this.#free.push(memory);
        underWayBytes -= lengthBytes;
        wakeReader?.();
      }
      await to.closeWrite();
    };
    const reading = read();
    await write().catch(() => {});
    underWayBytes = 0;
    wakeReader?.();
    await reading;
  }
}

const [targetPort, delayMs, bytesPerSecond] = Deno.args.map(Number);
const up = new Direction(delayMs!, bytesPerSecond!);
const down = new Direction(delayMs!, bytesPerSecond!);

async function relay(near: Deno.TcpConn): Promise<void> {
  // What the two sides need to agree on a connection; the near one believes to have it already.
  await delay(2 * delayMs!);
  const far = await Deno.connect({ hostname: "127.0.0.1", port: targetPort! });
  near.setNoDelay(true);
  far.setNoDelay(true);
  await Promise.all([up.carry(near, far), down.carry(far, near)]);
  near.close();
  far.close();
}

async function answer(): Promise<void> {
  for await (const _line of Deno.stdin.readable) {
    // deno-lint-ignore no-console
    console.log(JSON.stringify({ upBytes: up.bytes, downBytes: down.bytes }));
  }
  Deno.exit(0);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
// deno-lint-ignore no-console
console.log(JSON.stringify({ port: listener.addr.port }));
answer();
for await (const connection of listener) relay(connection).catch(() => {});
