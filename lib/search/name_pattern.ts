import { Glob } from "../fs/mod.ts";

const SLASH = 0x2f;
const encoder = new TextEncoder();

/** How a {@linkcode NamePattern} compares. */
export interface NamePatternOptions {
  /** Whether upper and lower case are the same; default false. */
  readonly ignoreCase?: boolean;
}

/**
 * A pattern of names, as `find -name` has it: `*`, `?` and `[…]`, no part of which matches a slash, and
 * `**` that does. With a slash in it, it is compared with whole paths: one that begins with a slash from
 * the root of the archive, another one with the end of the path. With a slash at its end only directories
 * match.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * const path = new TextEncoder().encode("etc/ssh/sshd_config");
 * assert(new NamePattern("*_config").matches(path, "f"));
 * assert(new NamePattern("/etc/**" + "/*_config").matches(path, "f"));
 * assert(new NamePattern("ssh/*").matches(path, "f"));
 * assertFalse(new NamePattern("/ssh/*").matches(path, "f"));
 * ```
 */
export class NamePattern {
  /** Whether whole paths are compared. */
  readonly isPath: boolean;
  readonly #isRooted: boolean;
  readonly #onlyDirectories: boolean;
  readonly #ignoreCase: boolean;
  readonly #glob: Glob;
  readonly #name: Glob | undefined;

  /** @throws {UsageError} if the pattern is empty or malformed. */
  constructor(text: string, { ignoreCase = false }: NamePatternOptions = {}) {
    const folded = ignoreCase ? text.toLowerCase() : text;
    const trimmed = folded.slice(0, endOf(folded));
    this.#ignoreCase = ignoreCase;
    this.#onlyDirectories = trimmed.length < folded.length && trimmed !== "";
    this.isPath = trimmed.includes("/");
    this.#isRooted = trimmed.startsWith("/");
    this.#glob = new Glob(encoder.encode(trimmed));
    this.#name = this.isPath ? lastComponent(trimmed) : this.#glob;
  }

  /** Whether an entry of that name can match; its path decides where {@linkcode isPath}. */
  mayMatchName(name: Uint8Array, type: string): boolean {
    if (this.#onlyDirectories && type !== "d") return false;
    return this.#name?.matches(this.#fold(name)) ?? true;
  }

  /**
   * Whether an entry matches.
   *
   * @param path From the root of the archive, without leading slash.
   * @param type Letter as in a catalog, `d` for directories.
   */
  matches(path: Uint8Array, type: string): boolean {
    if (!this.isPath) return this.mayMatchName(path.subarray(path.lastIndexOf(SLASH) + 1), type);
    if (this.#onlyDirectories && type !== "d") return false;
    const folded = this.#fold(path);
    if (!this.#isRooted) return this.#glob.matchesPathSuffix(folded);
    const rooted = new Uint8Array(folded.length + 1);
    rooted[0] = SLASH;
    rooted.set(folded, 1);
    return this.#glob.matches(rooted);
  }

  #fold(bytes: Uint8Array): Uint8Array {
    if (!this.#ignoreCase) return bytes;
    // Bytes that are no UTF-8 have no case.
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    return text.includes("\ufffd") ? lowerAscii(bytes) : encoder.encode(text.toLowerCase());
  }
}

/** Length without the slashes at the end. */
function endOf(text: string): number {
  let end = text.length;
  while (end > 1 && text[end - 1] === "/") end--;
  return end;
}

/** Pattern of the name alone; undefined where it cannot be told from the pattern of the path. */
function lastComponent(pattern: string): Glob | undefined {
  const name = pattern.slice(pattern.lastIndexOf("/") + 1);
  if (name === "" || /\*\*|[[\\]/.test(pattern)) return undefined;
  return new Glob(encoder.encode(name));
}

function lowerAscii(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
}
