import type { PlacedChunk } from "../reading/mod.ts";
import type { ContentFeed } from "./_content_feed.ts";
import type { OutputFile } from "./_output_file.ts";
import type { StreamSink } from "./_stream_sink.ts";

const PENDING_BYTES_MAX = 256 * 1024;
const ZEROS = new Uint8Array(64 * 1024);

/** Writes what a {@linkcode StreamSink} makes. */
export class OutputFeed implements ContentFeed, Disposable {
  #current: PlacedChunk | undefined;

  constructor(private readonly sink: StreamSink, private readonly output: OutputFile) {}

  get full(): boolean {
    return this.sink.pendingBytes > PENDING_BYTES_MAX;
  }

  use(placed: PlacedChunk): void {
    if (this.#current !== undefined) throw new Error("the chunk before was not ended");
    this.#current = placed;
    this.sink.useChunk(placed.chunk.bytes);
  }

  async submit(): Promise<void> {
    for (const part of this.sink.take()) {
      if (typeof part !== "number") await this.output.write(part);
      else await this.#writeZeros(part);
    }
  }

  async endChunk(): Promise<void> {
    await this.submit();
    this[Symbol.dispose]();
  }

  /** Nothing is held that could be given back. */
  giveBackUntil(pending: Promise<unknown>): Promise<void> {
    return pending.then(() => {}, () => {});
  }

  [Symbol.dispose](): void {
    this.#current?.release();
    this.#current = undefined;
  }

  async #writeZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.length) {
      await this.output.write(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
    }
  }
}
