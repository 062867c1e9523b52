import type { Duplex } from "../duplex/mod.ts";

/** A connection that knows how much its peer has taken. */
export class MeasuredDuplex implements Duplex {
  readonly #duplex: Duplex;
  #takenBytes = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  get peer(): string {
    return this.#duplex.peer;
  }

  /** Bytes that were handed to the system, which holds few of them. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#duplex.read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { length } = bytes;
    await this.#duplex.write(bytes);
    this.#takenBytes += length;
  }

  close(): Promise<void> {
    return this.#duplex.close();
  }

  release(bytes: Uint8Array): void {
    this.#duplex.release?.(bytes);
  }

  abort(reason?: Error): void {
    this.#duplex.abort(reason);
  }
}
