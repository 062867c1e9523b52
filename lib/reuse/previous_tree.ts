import { CorruptDataError, describeError } from "../errors/mod.ts";
import { compareBytes } from "../bytes/mod.ts";
import { PxarDecoder, type PxarEntry } from "../pxar/mod.ts";

/** A piece of the previous metadata stream. */
export interface StreamPiece {
  readonly bytes: Uint8Array;
  /** Gives the memory back. */
  release(): void;
}

/** Result of a search for which more of the stream has to be read first. */
export const MORE_INPUT: unique symbol = Symbol("more input");

/**
 * The tree of the previous metadata archive, read front to back in step with a walk.
 *
 * Both have the children of a directory in the order of their name bytes, so one look ahead is
 * enough, and memory does not grow with the tree. Searches have to go forwards. An archive that is
 * damaged, or in another order, has nothing any more from there on; {@linkcode problem} says why.
 */
export class PreviousTree implements Disposable {
  readonly #decoder = new PxarDecoder();
  readonly #next: () => Promise<StreamPiece | undefined>;
  #piece: StreamPiece | undefined;
  /** The next entry of the directory at hand, if it was looked at. */
  #ahead: PxarEntry | undefined;
  /** Whether the directory at hand has no more entries. */
  #atEnd = false;
  /** Directories that are open in the archive below those of the walk: they are passed over. */
  #passing = 0;
  /** Directories of the walk that the archive does not have. */
  #unknown = 0;
  #started = false;
  #problem: string | undefined;

  /** @param next The stream's next piece; undefined at its end. */
  constructor(next: () => Promise<StreamPiece | undefined>) {
    this.#next = next;
  }

  /** Why nothing can be found any more; undefined if all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Reads more; to be awaited after a search returned {@linkcode MORE_INPUT}. */
  async refill(): Promise<void> {
    try {
      this.#piece?.release();
      this.#piece = undefined;
      this.#piece = await this.#next();
      if (this.#piece === undefined) this.#decoder.end();
      else this.#decoder.feed(this.#piece.bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Goes into a directory that the walk enters.
   *
   * @returns Whether the archive has it, or that more input is needed; call again then.
   */
  enter(name: Uint8Array): boolean | typeof MORE_INPUT {
    if (this.#unknown === 0) {
      const found = this.find(name);
      if (found === MORE_INPUT) return found;
      if (found?.kind === "directory") {
        this.#passing = 0;
        this.#atEnd = false;
        return true;
      }
    }
    this.#unknown++;
    return false;
  }

  /** Leaves the directory that the walk leaves. @returns As {@linkcode enter}. */
  leave(): true | typeof MORE_INPUT {
    if (this.#unknown > 0) {
      this.#unknown--;
      return true;
    }
    while (!this.#atEnd && this.#problem === undefined) {
      this.#passAhead();
      if (this.#step() === MORE_INPUT) return MORE_INPUT;
    }
    this.#atEnd = false;
    return true;
  }

  /**
   * The entry of that name in the directory at hand. Names have to be asked for in ascending order.
   *
   * @returns The entry; undefined if there is none; or that more input is needed: ask again then.
   */
  find(name: Uint8Array): PxarEntry | undefined | typeof MORE_INPUT {
    if (this.#unknown > 0) return undefined;
    for (;;) {
      if (this.#problem !== undefined || this.#atEnd) return undefined;
      if (this.#ahead === undefined) {
        if (this.#step() === MORE_INPUT) return MORE_INPUT;
        continue;
      }
      const order = compareBytes(this.#ahead.name, name);
      if (order > 0) return undefined;
      const found = this.#ahead;
      this.#passAhead();
      if (order === 0) return found;
    }
  }

  [Symbol.dispose](): void {
    this.#piece?.release();
    this.#piece = undefined;
    this.#problem ??= "the previous archive is closed";
  }

  /** The entry that was looked at is dealt with; a directory is passed over unless it is entered. */
  #passAhead(): void {
    if (this.#ahead?.kind === "directory") this.#passing = 1;
    this.#ahead = undefined;
  }

  /** Goes on to the next entry of the directory at hand, or to its end. */
  #step(): true | typeof MORE_INPUT {
    try {
      for (;;) {
        switch (this.#decoder.next()) {
          case "need-input":
            return MORE_INPUT;
          case "entry":
            if (!this.#started) this.#started = true;
            else if (this.#passing === 0) {
              this.#ahead = this.#decoder.entry;
              return true;
            } else if (this.#decoder.entry.kind === "directory") this.#passing++;
            break;
          case "leave":
            if (this.#passing === 0) {
              this.#atEnd = true;
              return true;
            }
            this.#passing--;
            break;
          case "data":
            throw new CorruptDataError("archive: is not split");
          case "finished":
            this.#atEnd = true;
            return true;
        }
      }
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  #fail(error: unknown): void {
    this.#problem ??= describeError(error)[0] ?? "unknown failure";
    this.#ahead = undefined;
  }
}
