import type { ByteSink } from "../../lib/chunking/byte_sink.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";

/** A sink that keeps everything in memory; it knows no files. */
export class PxarMemorySink implements ByteSink {
  readonly #parts: Uint8Array[] = [];
  position = 0;
  readonly full = false;

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.position += bytes.byteLength;
  }

  splice(): void {
    throw new Error("the memory sink takes no files");
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  /** All bytes so far. */
  bytes(): Uint8Array {
    return concatBytes(this.#parts);
  }
}
