import type { Duplex as Stream } from "node:stream";
import { ConnectionError } from "../errors/mod.ts";
import { type SenderBrake, senderBrake } from "./_sender_brake.ts";
import type { Duplex } from "./duplex.ts";

/** Above this many unread bytes the sender is held back. */
const PAUSE_BYTES = 1024 * 1024;
/** One write call of at most this size: larger ones leave the processor's caches (docs/internals/http2.md). */
const WRITE_BYTES = 1024 * 1024;
/** How long `close` waits for the peer's end before it cuts the connection. */
const LINGER_MS = 1000;

/**
 * A `node:net` or `node:tls` socket, or another stream of `node:stream`, as a {@linkcode Duplex}.
 *
 * Never corks: the socket's gathering write copies everything, and is three times slower than
 * writing header and payload one after the other.
 */
export class NodeSocketDuplex implements Duplex {
  readonly peer: string;
  readonly #socket: Stream;
  readonly #brake: SenderBrake;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #discarding = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #rejects = new Set<(error: Error) => void>();

  /**
   * @param socket Connected, and past the TLS handshake if it is a TLS socket; owned from now on.
   * @param peer Name of the other end for messages.
   * @param transport What a TLS socket takes its bytes from, if it is one.
   */
  constructor(socket: Stream, peer: string, transport: Stream = socket) {
    this.#socket = socket;
    this.#brake = senderBrake(socket, transport);
    this.peer = peer;
    socket.on("data", ({ buffer, byteOffset, byteLength }: Uint8Array) => {
      // Not a Buffer, whose `slice` does not copy.
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      if (this.#discarding) return this.release(bytes);
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
      if (this.#queuedBytes >= PAUSE_BYTES && !this.#paused) {
        this.#paused = true;
        this.#brake.hold();
      }
      this.#notify();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#notify();
    });
    socket.on("error", (cause: Error) => {
      this.#fail(
        new ConnectionError(`connection to ${peer} broke: ${cause.message}`, { cause }),
      );
    });
    socket.on("close", () => {
      this.#closed = true;
      if (!this.#ended) this.#fail(new ConnectionError(`connection to ${peer} was closed`));
      this.#settleWrites();
      this.#notify();
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    while (true) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) {
        this.#queuedBytes -= bytes.length;
        if (this.#queuedBytes < PAUSE_BYTES / 2) this.#goOn();
        return bytes;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  release({ buffer, byteLength }: Uint8Array): void {
    // The socket reads into memory that it does not use again.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed || this.#socket.writableEnded) {
      return Promise.reject(new ConnectionError(`connection to ${this.peer} is closed`));
    }
    return new Promise<void>((resolve, reject) => {
      this.#rejects.add(reject);
      const written = (error?: Error | null) => {
        this.#rejects.delete(reject);
        if (error) {
          reject(
            this.#failure ??
              new ConnectionError(`connection to ${this.peer} broke: ${error.message}`, {
                cause: error,
              }),
          );
        } else resolve();
      };
      let offset = 0;
      while (bytes.length - offset > WRITE_BYTES) {
        this.#socket.write(bytes.subarray(offset, offset + WRITE_BYTES));
        offset += WRITE_BYTES;
      }
      this.#socket.write(offset === 0 ? bytes : bytes.subarray(offset), written);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#discarding = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, LINGER_MS);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#socket.once("close", done);
      this.#socket.once("end", done);
      this.#socket.end(() => {
        if (this.#ended) done();
      });
      this.#goOn();
    });
    this.#failure ??= new ConnectionError(`connection to ${this.peer} is closed`);
    this.#socket.destroy();
    this.#notify();
  }

  abort(reason?: Error): void {
    this.#fail(reason ?? new ConnectionError(`connection to ${this.peer} was aborted`));
    this.#queue.length = 0;
    this.#socket.destroy();
  }

  #goOn(): void {
    if (this.#paused) this.#brake.release();
    this.#paused = false;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#notify();
  }

  /** A destroyed socket may drop callbacks of writes it never made. */
  #settleWrites(): void {
    const error = this.#failure ?? new ConnectionError(`connection to ${this.peer} was closed`);
    for (const reject of this.#rejects) reject(error);
    this.#rejects.clear();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
