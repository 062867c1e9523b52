import type { PlacedChunk, PlacedChunks } from "../reading/mod.ts";
import type { ArchiveInput } from "./_archive_input.ts";

/** Pieces that are read ahead of the one that is asked for. */
const AHEAD = 3;

interface Piece {
  readonly offset: number;
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * An input in pieces of one size, read ahead of need. The memory of pieces that are given back is used
 * again.
 */
export class InputPieces implements PlacedChunks, AsyncDisposable {
  readonly #input: ArchiveInput;
  readonly #pieceBytes: number;
  readonly #pending: Piece[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #ahead = AHEAD;
  /** Offset of the next piece to read. */
  #next = 0;
  #hasEnded = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(input: ArchiveInput, pieceBytes: number) {
    this.#input = input;
    this.#pieceBytes = pieceBytes;
  }

  get position(): number {
    const position = this.#pending[0]?.offset ?? this.#next;
    return Math.min(position, this.#input.size ?? position);
  }

  narrow(): void {
    if (this.#input.size !== undefined) this.#ahead = 0;
  }

  skipTo(offset: number): void {
    const { size } = this.#input;
    if (size === undefined) return;
    const first = Math.floor(Math.min(offset, size) / this.#pieceBytes) * this.#pieceBytes;
    while (this.#pending.length > 0 && this.#pending[0]!.offset < first) {
      const { bytes, buffer } = this.#pending.shift()!;
      bytes.then(() => this.#free.push(buffer), () => {});
    }
    this.#next = Math.max(this.#next, first);
  }

  /** First bytes of the input, which stay to be read, and whether that is all of it. */
  async peek(): Promise<{ readonly bytes: Uint8Array; readonly isAll: boolean }> {
    this.#fill();
    const bytes = await this.#pending[0]!.bytes;
    return { bytes, isAll: bytes.byteLength < this.#pieceBytes };
  }

  async next(): Promise<PlacedChunk | undefined> {
    if (this.#hasEnded) return undefined;
    this.#fill();
    const { offset, buffer, bytes: reading } = this.#pending.shift()!;
    this.#fill();
    const bytes = await reading;
    // A file may be shorter by now than it was.
    if (bytes.byteLength < this.#pieceBytes) this.#hasEnded = true;
    if (bytes.byteLength === 0) return undefined;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#free.push(buffer);
    };
    const pointer = Deno.UnsafePointer.of(bytes)!;
    return { offset, chunk: { bytes, pointer, release }, repeated: false, release };
  }

  /** Resolves once nothing is read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isPipe = this.#input.size === undefined;
    // A pipe that nobody writes to keeps a read waiting for ever.
    if (!isPipe) await Promise.allSettled(this.#pending.map(({ bytes }) => bytes));
  }

  #fill(): void {
    while (this.#pending.length <= this.#ahead) {
      const offset = this.#next;
      const buffer = this.#free.pop() ?? new Uint8Array(this.#pieceBytes);
      // One after the other where there is only one place to read at.
      const bytes = this.#input.size === undefined
        ? this.#last.then(() => this.#input.read(buffer, offset))
        : this.#input.read(buffer, offset);
      this.#last = bytes;
      bytes.catch(() => {});
      this.#pending.push({ offset, buffer, bytes });
      this.#next = offset + this.#pieceBytes;
    }
  }
}
