import { MatchEntry, type MatchList, PathSetEntry } from "../fs/mod.ts";

const SLASH = 0x2f;
/** From so many paths on a look-up is faster than a comparison with each. */
const SET_LENGTH = 64;

/** One thing that was selected. */
export interface SelectedItem {
  /** `path` for an exact path, `pattern` for a match pattern. */
  readonly kind: "path" | "pattern";
  /** As it was given; a path with a leading slash. */
  readonly text: Uint8Array;
}

interface KeptItem extends SelectedItem {
  readonly entry: MatchEntry | undefined;
}

/** Wanted parts of an archive: paths, and patterns. Each is there once, in the order it came. */
export class Selection {
  readonly #items = new Map<string, KeptItem>();
  #paths = 0;
  /** Directories above selected paths: how many lie below each. */
  readonly #above = new Map<string, number>();

  /** All of it, in order. */
  get items(): SelectedItem[] {
    return [...this.#items.values()];
  }

  /** Whether nothing is selected. */
  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  /** Adds an exact path. @returns false if it was there. */
  addPath(path: Uint8Array): boolean {
    if (!this.#add({ kind: "path", text: path.slice(), entry: undefined })) return false;
    this.#paths++;
    for (const above of directoriesAbove(path)) {
      this.#above.set(above, (this.#above.get(above) ?? 0) + 1);
    }
    return true;
  }

  /** Takes an exact path out. @returns false if it was not there. */
  removePath(path: Uint8Array): boolean {
    if (!this.#items.delete(keyOf("path", path))) return false;
    this.#paths--;
    for (const above of directoriesAbove(path)) {
      const left = this.#above.get(above)! - 1;
      if (left === 0) this.#above.delete(above);
      else this.#above.set(above, left);
    }
    return true;
  }

  /** Adds a pattern. @returns false if it was there. @throws {UsageError} if it is malformed. */
  addPattern(pattern: Uint8Array): boolean {
    const entry = new MatchEntry(pattern, "include");
    return this.#add({ kind: "pattern", text: pattern.slice(), entry });
  }

  /** Takes everything out. */
  clear(): void {
    this.#items.clear();
    this.#above.clear();
    this.#paths = 0;
  }

  /** Whether the root itself is among the paths: everything is selected. */
  get hasRoot(): boolean {
    return this.#items.has(keyOf("path", Uint8Array.of(SLASH)));
  }

  /** Whether the path is one of those that were added. */
  hasPath(path: Uint8Array): boolean {
    return this.#paths > 0 && this.#items.has(keyOf("path", path));
  }

  /** Whether selected paths lie below a directory. */
  leadsTo(directory: Uint8Array): boolean {
    return this.#above.has(keyOf("path", directory));
  }

  /** The patterns alone. */
  get patterns(): MatchList {
    return [...this.#items.values()].flatMap(({ entry }) => entry === undefined ? [] : [entry]);
  }

  /** All of it as match list, for a restore; empty if everything is selected. */
  toMatchList(): MatchList {
    if (this.hasRoot) return [];
    const paths = this.items.flatMap(({ kind, text }) => kind === "path" ? [text] : []);
    const entries = paths.length < SET_LENGTH
      ? paths.map((path) => new MatchEntry(escapeGlob(path), "include", true))
      : [new PathSetEntry(paths)];
    return [...entries, ...this.patterns];
  }

  #add(item: KeptItem): boolean {
    const key = keyOf(item.kind, item.text);
    if (this.#items.has(key)) return false;
    this.#items.set(key, item);
    return true;
  }
}

function keyOf(kind: SelectedItem["kind"], bytes: Uint8Array): string {
  let key = kind === "path" ? "" : "?";
  for (let i = 0; i < bytes.byteLength; i++) key += String.fromCharCode(bytes[i]!);
  return key;
}

function directoriesAbove(path: Uint8Array): string[] {
  const above: string[] = [];
  for (let at = path.indexOf(SLASH, 1); at >= 0; at = path.indexOf(SLASH, at + 1)) {
    above.push(keyOf("path", path.subarray(0, at)));
  }
  return above;
}

/** The pattern that matches just this path. */
function escapeGlob(path: Uint8Array): Uint8Array {
  const pattern: number[] = [];
  for (const byte of path) {
    if ("\\*?[".includes(String.fromCharCode(byte))) pattern.push(0x5c);
    pattern.push(byte);
  }
  return new Uint8Array(pattern);
}
