import { GlobKind } from "../../ffi/native_layout.ts";
import { type GlobComponent, parseGlob } from "./_glob_parser.ts";

const SLASH = 0x2f;

// Results of matching the rest of a pattern against the rest of a text (spec: pxar.md §5.3.1).
const NO = 0;
const MATCH = 1;
/** The text is used up: dropping more of it cannot help. */
const ABORT = 2;
/** A single star ran into a slash. */
const UP = 3;

function startsWith(text: Uint8Array, at: number, literal: Uint8Array, from = 0): boolean {
  if (text.length - at < literal.length - from) return false;
  for (let i = from; i < literal.length; i++) {
    if (text[at + i - from] !== literal[i]) return false;
  }
  return true;
}

/**
 * A compiled glob pattern; bytes, not characters (spec: pxar.md §5.3.1).
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const glob = new Glob(bytes("a/**" + "/*.c"));
 * assert(glob.matches(bytes("a/x.c")));
 * assert(glob.matches(bytes("a/b/c/x.c")));
 * assertFalse(glob.matches(bytes("b/a/x.c")));
 * assert(glob.matchesPathSuffix(bytes("b/a/x.c")));
 * ```
 */
export class Glob {
  /** Parts of the pattern, in order. */
  readonly components: readonly GlobComponent[];
  readonly #tail: Uint8Array | undefined;
  readonly #minLength: number;
  readonly #stars: number;
  /** One result per text position, for four components; kept for the next text. */
  #rows: Uint8Array[] = [];

  /**
   * @param pattern Trailing slashes are ignored.
   * @throws {UsageError} if the pattern is empty or malformed.
   */
  constructor(pattern: Uint8Array) {
    this.components = parseGlob(pattern);
    this.#tail = this.components.at(-1)?.literal;
    let minLength = 0;
    let stars = 0;
    for (const { kind, literal } of this.components) {
      if (kind === GlobKind.Star || kind === GlobKind.StarStar) stars++;
      // The slash after a double star may be left out.
      else minLength += kind === GlobKind.Literal ? literal!.length - 1 : 1;
    }
    this.#minLength = minLength;
    this.#stars = stars;
  }

  /** Whether the pattern matches the whole text. */
  matches(text: Uint8Array): boolean {
    if (!this.#possible(text)) return false;
    if (this.#stars > 1) return this.#fillRows(text)[0] === MATCH;
    return this.#match(0, text, 0) === MATCH;
  }

  /** Whether the pattern matches the whole path or the part after any of its slashes. */
  matchesPathSuffix(path: Uint8Array): boolean {
    if (path.length === 0 || !this.#possible(path)) return false;
    const results = this.#stars > 1 ? this.#fillRows(path) : undefined;
    for (let at = 0; at <= path.length; at++) {
      if (at > 0 && path[at - 1] !== SLASH) continue;
      if ((results ? results[at] : this.#match(0, path, at)) === MATCH) return true;
    }
    return false;
  }

  /** Cheap conditions every text that matches anywhere fulfils. */
  #possible(text: Uint8Array): boolean {
    if (text.length < this.#minLength) return false;
    const tail = this.#tail;
    if (tail === undefined) return true;
    // The first byte is left out: it may be the slash that a double star swallows.
    for (let i = 1; i < tail.length; i++) {
      if (text[text.length - i] !== tail[tail.length - i]) return false;
    }
    return true;
  }

  /** The matching procedure as it is defined; linear as long as there is at most one star. */
  #match(component: number, text: Uint8Array, at: number): number {
    for (let ci = component; ci < this.components.length; ci++) {
      const { kind, literal, members } = this.components[ci]!;
      if (kind === GlobKind.Star) return this.#matchStar(ci, text, at);
      if (kind === GlobKind.StarStar) return this.#matchStarStar(ci, text, at);
      if (at === text.length) return ABORT;
      if (kind === GlobKind.Literal) {
        if (!startsWith(text, at, literal!)) return NO;
        at += literal!.length;
      } else {
        const byte = text[at]!;
        const accepted = kind === GlobKind.AnyByte ? byte !== SLASH : members![byte] === 1;
        if (!accepted) return NO;
        at++;
      }
    }
    return at === text.length ? MATCH : NO;
  }

  #matchStar(ci: number, text: Uint8Array, start: number): number {
    const isLast = ci + 1 === this.components.length;
    if (isLast && text.indexOf(SLASH, start) < 0) return MATCH;
    for (let at = start; at < text.length; at++) {
      const result = this.#match(ci + 1, text, at);
      if (result !== NO) return result;
      if (text[at] === SLASH) return UP;
    }
    return ABORT;
  }

  #matchStarStar(ci: number, text: Uint8Array, start: number): number {
    if (ci + 1 === this.components.length) return MATCH;
    const next = this.components[ci + 1]!.literal!;
    if (start < text.length && startsWith(text, start, next, 1)) {
      if (this.#match(ci + 2, text, start + next.length - 1) === MATCH) return MATCH;
    }
    for (let at = start; at < text.length; at++) {
      const result = this.#match(ci + 1, text, at);
      if (result === MATCH || result === ABORT) return result;
    }
    return ABORT;
  }

  /**
   * The same procedure for all positions together, last component first, so that no pattern takes more
   * than components x length steps.
   *
   * @returns For each position of the text, the result of the whole pattern from there on.
   */
  #fillRows(text: Uint8Array): Uint8Array {
    const end = text.length;
    // `row` is being filled, `next` belongs to the component after it, `afterNext` to the one after that.
    let [row, next, afterNext, spare] = this.#scratchRows(end + 1) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    next.fill(NO, 0, end);
    next[end] = MATCH;
    for (let ci = this.components.length - 1; ci >= 0; ci--) {
      const { kind, literal, members } = this.components[ci]!;
      const isLast = ci + 1 === this.components.length;
      if (kind === GlobKind.Star) {
        row[end] = isLast ? MATCH : ABORT;
        for (let at = end - 1; at >= 0; at--) {
          const result = next[at]!;
          if (result !== NO && !isLast) row[at] = result;
          else row[at] = text[at] === SLASH ? UP : row[at + 1]!;
        }
      } else if (kind === GlobKind.StarStar) {
        if (isLast) row.fill(MATCH, 0, end + 1);
        else this.#fillStarStar(ci, text, row, next, afterNext);
      } else {
        row[end] = ABORT;
        for (let at = 0; at < end; at++) {
          if (kind === GlobKind.Literal) {
            row[at] = startsWith(text, at, literal!) ? next[at + literal!.length]! : NO;
          } else {
            const byte = text[at]!;
            const accepted = kind === GlobKind.AnyByte ? byte !== SLASH : members![byte] === 1;
            row[at] = accepted ? next[at + 1]! : NO;
          }
        }
      }
      [row, next, afterNext, spare] = [spare, row, next, afterNext];
    }
    return next;
  }

  #scratchRows(length: number): Uint8Array[] {
    if ((this.#rows[0]?.length ?? 0) < length) {
      this.#rows = Array.from({ length: 4 }, () => new Uint8Array(Math.max(256, length * 2)));
    }
    return this.#rows;
  }

  #fillStarStar(
    ci: number,
    text: Uint8Array,
    row: Uint8Array,
    next: Uint8Array,
    afterNext: Uint8Array,
  ): void {
    const literal = this.components[ci + 1]!.literal!;
    const end = text.length;
    let rest = ABORT;
    row[end] = ABORT;
    for (let at = end - 1; at >= 0; at--) {
      const result = next[at]!;
      if (result === MATCH || result === ABORT) rest = result;
      const skips = startsWith(text, at, literal, 1) &&
        afterNext[at + literal.length - 1] === MATCH;
      row[at] = skips ? MATCH : rest;
    }
  }
}
