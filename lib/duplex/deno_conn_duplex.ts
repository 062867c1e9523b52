import { ConnectionError } from "../errors/mod.ts";
import type { ByteConnection } from "./byte_connection.ts";
import type { Duplex } from "./duplex.ts";
import { writeAll } from "./_write_all.ts";

const READ_BYTES = 64 * 1024;

/** A `Deno.Conn` (TCP, Unix socket, vsock) as a {@linkcode Duplex}. */
export class DenoConnDuplex implements Duplex {
  readonly peer: string;
  readonly #connection: ByteConnection;
  #lastWrite: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #closed = false;

  /**
   * @param connection Connected; owned from now on.
   * @param peer Name of the other end for messages.
   */
  constructor(connection: ByteConnection, peer: string) {
    this.#connection = connection;
    this.peer = peer;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    const target = new Uint8Array(READ_BYTES);
    try {
      const length = await this.#connection.read(target);
      return length === null || length === 0 ? undefined : target.subarray(0, length);
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = this.#lastWrite.then(() => this.#writeAll(bytes));
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    try {
      await this.#connection.closeWrite?.();
    } catch {
      // The peer was faster; there is nothing left to end.
    }
    this.#failure ??= new ConnectionError(`connection to ${this.peer} is closed`);
    this.#shut();
  }

  abort(reason?: Error): void {
    this.#failure ??= reason ?? new ConnectionError(`connection to ${this.peer} was aborted`);
    this.#shut();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await writeAll(this.#connection, bytes);
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  #fail(cause: unknown): Error {
    const text = cause instanceof Error ? cause.message : String(cause);
    this.#failure ??= new ConnectionError(`connection to ${this.peer} broke: ${text}`, { cause });
    return this.#failure;
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }
}
