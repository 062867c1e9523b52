import type { FileWriter } from "../datastore/mod.ts";

/** A file in memory that grows: an object is written whole. */
export class MemoryFile implements FileWriter {
  #memory = new Uint8Array(4096);
  #length = 0;

  /** All of it so far. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** See {@linkcode FileWriter.write}. */
  write(bytes: Uint8Array, offset: number): Promise<void> {
    const end = offset + bytes.length;
    if (end > this.#memory.length) {
      const larger = new Uint8Array(Math.max(end, this.#memory.length * 2));
      larger.set(this.bytes);
      this.#memory = larger;
    }
    this.#memory.set(bytes, offset);
    this.#length = Math.max(this.#length, end);
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.dispose](): void {}
}
