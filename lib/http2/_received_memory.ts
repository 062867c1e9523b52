import type { Duplex } from "../duplex/mod.ts";

interface Use {
  readonly bytes: Uint8Array;
  /** Pieces that are kept, and 1 while the frames are being read. */
  count: number;
}

/** Knows who still looks at what the connection has read, and releases it when nobody does. */
export class ReceivedMemory {
  readonly #duplex: Duplex;
  /** Weak, as bodies that are never read take their pieces with them. */
  readonly #uses = new WeakMap<ArrayBufferLike, Use>();

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  /** Bytes were read; `done` follows when their frames have been looked at. */
  begin(bytes: Uint8Array): void {
    if (this.#duplex.release !== undefined) this.#uses.set(bytes.buffer, { bytes, count: 1 });
  }

  /** A piece of them is kept; `done` or `giveAway` follows. */
  keep({ buffer }: Uint8Array): void {
    const use = this.#uses.get(buffer);
    if (use !== undefined) use.count++;
  }

  /** Nobody looks at them, or at a piece that was kept, any more. */
  done({ buffer }: Uint8Array): void {
    const use = this.#uses.get(buffer);
    if (use === undefined || --use.count > 0) return;
    this.#uses.delete(buffer);
    this.#duplex.release!(use.bytes);
  }

  /** A piece that was kept belongs to somebody else now. */
  giveAway({ buffer }: Uint8Array): void {
    this.#uses.delete(buffer);
  }
}
