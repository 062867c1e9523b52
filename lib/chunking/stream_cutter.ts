import { concatBytes } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { Chunker } from "./chunker.ts";

/** Chunks of an earlier index that are put into the stream at a forced boundary. */
export interface Injection {
  /** Stream offset, earlier injections included. */
  readonly boundary: number;
  /** Sum of the chunks' plain bytes. */
  readonly size: number;
}

/** Output of a cutter, in stream order. */
export type CutPiece =
  | { readonly kind: "raw"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "injected"; readonly offset: number; readonly injection: Injection };

/**
 * Drives a chunker over a stream that comes in pieces, and puts injections in (spec:
 * datastore-formats.md §3.5). Like the chunkers it defines what the native pipeline does.
 */
export class StreamCutter {
  readonly #chunker: Chunker;
  readonly #injections: Injection[] = [];
  #buffer: Uint8Array = new Uint8Array(0);
  #scanned = 0;
  #consumed = 0;

  constructor(chunker: Chunker) {
    this.#chunker = chunker;
  }

  /** Announces an injection; to be called before bytes after its boundary are pushed. */
  inject(injection: Injection): void {
    this.#injections.push(injection);
  }

  /**
   * Adds a piece.
   *
   * @returns The chunks that are finished by it.
   * @throws {CorruptDataError} if an injection lies after the current chunk's start.
   */
  push(piece: Uint8Array): CutPiece[] {
    this.#buffer = concatBytes([this.#buffer, piece]);
    return this.#cut();
  }

  /**
   * Ends the stream.
   *
   * @returns The last chunk, if bytes are left.
   * @throws {CorruptDataError} if injections are left.
   */
  end(): CutPiece[] {
    const pieces = this.#cut();
    if (this.#injections.length > 0) {
      throw new CorruptDataError(
        `chunks were to be injected at ${this.#injections[0]!.boundary}, after the stream's end`,
      );
    }
    if (this.#buffer.length > 0) pieces.push(this.#take(this.#buffer.length));
    return pieces;
  }

  #cut(): CutPiece[] {
    const pieces: CutPiece[] = [];
    for (;;) {
      const unscanned = this.#buffer.subarray(this.#scanned);
      const more = unscanned.length > 0
        ? this.#chunker.scan(unscanned, this.#consumed, this.#buffer.length)
        : 0;
      const end = more === 0 ? this.#buffer.length : this.#scanned + more;
      const injection = this.#injections[0];
      if (injection !== undefined && injection.boundary <= this.#consumed + end) {
        const size = injection.boundary - this.#consumed;
        if (size < 0) {
          throw new CorruptDataError(`chunks cannot be injected at ${injection.boundary}`);
        }
        if (size > 0) pieces.push(this.#take(size));
        this.#chunker.reset();
        this.#scanned = 0;
        pieces.push({ kind: "injected", offset: this.#consumed, injection });
        this.#consumed += injection.size;
        this.#injections.shift();
      } else if (more === 0) {
        this.#scanned = this.#buffer.length;
        return pieces;
      } else {
        pieces.push(this.#take(end));
      }
    }
  }

  #take(size: number): CutPiece {
    const piece: CutPiece = {
      kind: "raw",
      offset: this.#consumed,
      bytes: this.#buffer.subarray(0, size),
    };
    this.#buffer = this.#buffer.subarray(size);
    this.#consumed += size;
    this.#scanned = 0;
    return piece;
  }
}
