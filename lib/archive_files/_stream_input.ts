import type { ArchiveInput } from "./_archive_input.ts";
import type { ArchiveStream } from "./archive_stream.ts";

/** An archive that comes from somewhere else, as an input that can be read only once. */
export class StreamInput implements ArchiveInput {
  readonly name: string;
  readonly size = undefined;
  readonly randomAccess = undefined;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #left = new Uint8Array();
  #failure: { readonly cause: unknown } | undefined;

  constructor({ name, pieces }: ArchiveStream) {
    this.name = name;
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** See {@linkcode ArchiveInput.read}; what comes next, whatever the offset. */
  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    let length = 0;
    while (length < into.length) {
      if (this.#left.length === 0) {
        const next = await this.#next(length);
        if (next === undefined || next.done) break;
        this.#left = next.value as Uint8Array<ArrayBuffer>;
      }
      const part = this.#left.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      this.#left = this.#left.subarray(part.length);
    }
    return into.subarray(0, length);
  }

  /** @returns Undefined if it broke off behind bytes that are of use: the next call says so. */
  async #next(readBytes: number): Promise<IteratorResult<Uint8Array> | undefined> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    try {
      return await this.#pieces.next();
    } catch (cause) {
      this.#failure = { cause };
      if (readBytes > 0) return undefined;
      throw cause;
    }
  }

  /** Nothing: the pieces are the caller's. */
  [Symbol.dispose](): void {}
}
