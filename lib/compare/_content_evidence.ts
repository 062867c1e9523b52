import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import type { CryptMode } from "../repository/mod.ts";

/**
 * Verdict of the indexes on two contents. `unknown` is what lies in chunks together with other files,
 * one of which may be all that has changed.
 */
export type ContentVerdict = "same" | "different" | "unknown";

/** Places of the contents of an archive's files. */
export interface ContentPlaces {
  readonly index: ChunkIndex;
  /** Position of a file's first byte in the stream of the index. */
  readonly position: (file: PxarEntry) => number;
}

/** The contents of an archive, and how their chunks are protected. */
export interface ComparedContents {
  readonly contents: ContentPlaces;
  readonly contentCryptMode: CryptMode;
}

/** Compares contents by the digests of the chunks they lie in, without reading any. */
export class ContentEvidence {
  readonly #before: ContentPlaces;
  readonly #after: ContentPlaces;
  readonly #isComparable: boolean;

  /** @param isComparable Whether equal bytes have equal digests: not if only one is encrypted. */
  constructor(before: ContentPlaces, after: ContentPlaces, isComparable: boolean) {
    this.#before = before;
    this.#after = after;
    this.#isComparable = isComparable;
  }

  /** Compares contents of two archives. Under a key, equal bytes have other digests than without. */
  static of(before: ComparedContents, after: ComparedContents): ContentEvidence {
    const isComparable =
      (before.contentCryptMode === "encrypt") === (after.contentCryptMode === "encrypt");
    return new ContentEvidence(before.contents, after.contents, isComparable);
  }

  /**
   * Compares the contents of two files.
   *
   * They are the same if both lie at the same places in the same chunks. They differ if their sizes
   * do, or if a chunk that holds nothing else has another digest than the one that covers the same
   * stretch of the other file.
   *
   * @throws {CorruptDataError} if one of them lies outside of its archive.
   */
  compare(before: PxarEntry, after: PxarEntry): ContentVerdict {
    const { size } = before;
    if (size !== after.size) return "different";
    if (size === 0) return "same";
    if (!this.#isComparable) return "unknown";
    const [a, b] = [new Cover(this.#before, before), new Cover(this.#after, after)];
    let verdict: ContentVerdict = "same";
    for (;;) {
      if (a.start === b.start && a.end === b.end) {
        if (!bytesEqual(a.digest, b.digest)) {
          if (a.start >= 0 && a.end <= size) return "different";
          verdict = "unknown";
        }
      } else verdict = "unknown";
      const end = Math.min(a.end, b.end);
      if (end >= size) return verdict;
      const [movesA, movesB] = [a.end === end, b.end === end];
      if (movesA) a.advance();
      if (movesB) b.advance();
    }
  }
}

/** The chunks that a file lies in, one after the other. */
class Cover {
  readonly #index: ChunkIndex;
  readonly #position: number;
  #chunk: number;

  constructor({ index, position }: ContentPlaces, file: PxarEntry) {
    this.#index = index;
    this.#position = position(file);
    const chunk = index.findChunk(this.#position);
    if (chunk === undefined || this.#position + file.size > index.size) {
      const name = new TextDecoder().decode(file.name);
      throw new CorruptDataError(
        `${index.name}: content of "${name}" ends beyond its ${index.size} bytes`,
      );
    }
    this.#chunk = chunk;
  }

  /** Start of the chunk, from the file's first byte on; negative if before that. */
  get start(): number {
    return this.#index.startOf(this.#chunk) - this.#position;
  }

  /** Its end, likewise. */
  get end(): number {
    return this.#index.endOf(this.#chunk) - this.#position;
  }

  get digest(): Uint8Array {
    return this.#index.digestAt(this.#chunk);
  }

  advance(): void {
    this.#chunk++;
  }
}
