import { concatBytes, quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { absolutePath, pathBelow } from "./absolute_path.ts";
import { statPath } from "../../ffi/posix_files.ts";
import { listLines } from "./list_lines.ts";
import { normaliseMatchPath } from "./match_normalise.ts";

/** The listed paths of one source. */
export interface PathSelection {
  /** Relative to the source, a zero byte behind each. */
  readonly paths: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Is told after a walk which of them were found: one number for each, 0 for no. */
  note(found: Uint8Array): void;
}

const SLASH = 0x2f;
const DOT = 0x2e;
const HASH = 0x23;
const SLASH_BYTES = new Uint8Array([SLASH]);

/**
 * Paths that somebody has listed, so that only these are stored.
 *
 * One that begins with a slash is a path of the file system, any other one a path in the sources.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const listed = new ListedPaths();
 * listed.addLines(bytes("# mine\n/srv/site/a\nb/c\n"), "list");
 * const selection = listed.selectionOf(bytes("/srv/site"))!;
 * assertEquals(selection.paths, bytes("a\0b/c\0"));
 * selection.note(new Uint8Array([1, 0]));
 * assertEquals(listed.missing, [bytes("b/c")]);
 * ```
 */
export class ListedPaths {
  readonly #paths: Uint8Array[] = [];
  readonly #found: boolean[] = [];

  /** How many there are. */
  get count(): number {
    return this.#paths.length;
  }

  /**
   * Adds lines; empty ones and those that begin with `#` do not count.
   *
   * @param name Name of the list in messages.
   * @throws {UsageError} that names list and line of what is no path in a source.
   */
  addLines(content: Uint8Array, name: string): void {
    if (content.includes(0)) {
      throw new UsageError(`${name} has zero bytes; such a list is for --files-from0`);
    }
    const isPath = (line: Uint8Array) => line.length > 0 && line[0] !== HASH;
    this.#add(listLines(content), isPath, (at) => `${name}, line ${at}`);
  }

  /**
   * Adds paths with a zero byte behind each.
   *
   * @param name Name of the list in messages.
   * @throws {UsageError} that names list and place of what is no path in a source.
   */
  addWords(content: Uint8Array, name: string): void {
    const isPath = (word: Uint8Array) => word.length > 0;
    this.#add(listLines(content, 0), isPath, (at) => `${name}, path ${at}`);
  }

  /** Listed paths of a source; undefined if that is all of it. */
  selectionOf(source: Uint8Array): PathSelection | undefined {
    const root = absolutePath(source);
    const indices: number[] = [];
    const inside: Uint8Array[] = [];
    let length = 0;
    let isWhole = false;
    this.#paths.forEach((path, index) => {
      const below = path[0] === SLASH ? pathBelow(path, root)?.subarray(1) : path;
      if (below === undefined) return;
      if (below.length === 0) {
        this.#found[index] = true;
        isWhole = true;
        return;
      }
      indices.push(index);
      inside.push(below);
      length += below.length + 1;
    });
    if (isWhole) {
      // Nothing is selected, so the walk cannot tell.
      indices.forEach((index, i) => {
        this.#found[index] ||= exists(concatBytes([root, SLASH_BYTES, inside[i]!]));
      });
      return undefined;
    }
    const paths = new Uint8Array(length);
    let at = 0;
    for (const path of inside) {
      paths.set(path, at);
      at += path.length + 1;
    }
    const note = (found: Uint8Array) =>
      indices.forEach((index, i) => this.#found[index] ||= found[i] === 1);
    return { paths, count: indices.length, note };
  }

  /** Those that no walk has found, as they were listed. */
  get missing(): Uint8Array[] {
    return this.#paths.filter((_, index) => !this.#found[index]);
  }

  #add(
    texts: Iterable<Uint8Array>,
    isPath: (text: Uint8Array) => boolean,
    place: (at: number) => string,
  ): void {
    let number = 0;
    for (const text of texts) {
      number++;
      if (!isPath(text)) continue;
      const path = clean(text);
      if (path[0] === DOT && path[1] === DOT && (path.length === 2 || path[2] === SLASH)) {
        throw new UsageError(`${place(number)}: ${quotePath(text)} leads out of the source`);
      }
      this.#paths.push(path);
      this.#found.push(false);
    }
  }
}

/** Without empty components, dots and a slash at the end. */
function clean(path: Uint8Array): Uint8Array {
  let isClean = path.at(-1) !== SLASH;
  for (let at = 0; at < path.length && isClean; at++) {
    const begins = at === 0 || path[at - 1] === SLASH;
    if (begins && (path[at] === DOT || (path[at] === SLASH && at > 0))) isClean = false;
  }
  if (isClean) return path;
  const normal = normaliseMatchPath(path);
  return normal.length > 1 && normal.at(-1) === SLASH ? normal.subarray(0, -1) : normal;
}

function exists(path: Uint8Array): boolean {
  return typeof statPath(new Uint8Array(path)) !== "number";
}
