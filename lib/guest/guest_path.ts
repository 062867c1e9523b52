import { concatBytes, quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { MatchEntry } from "../fs/mod.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const SPECIAL = new TextEncoder().encode("*?[]{}!\\");
/** As long as the kernel takes them. */
const MAX_PATH_BYTES = 4096;

/**
 * A path of the API taken apart: `ARCHIVE.img.fidx/KIND/VOLUME/PATH` (spec: protocol.md §8.3).
 */
export class GuestPath {
  /** Names without slashes, none of them empty, `.` or `..`. */
  readonly components: readonly Uint8Array[];

  private constructor(components: readonly Uint8Array[]) {
    this.components = components;
  }

  /**
   * Takes a path apart. Slashes at its ends, and empty names, mean nothing.
   *
   * @throws {UsageError} if it leads upwards, is too long or has NUL in it.
   */
  static parse(path: Uint8Array): GuestPath {
    if (path.length > MAX_PATH_BYTES) {
      throw new UsageError(`the path has more than ${MAX_PATH_BYTES} bytes`);
    }
    if (path.includes(0)) throw new UsageError(`path ${quotePath(path)} has a zero byte`);
    const components: Uint8Array[] = [];
    for (let start = 0; start <= path.length;) {
      const slash = path.indexOf(SLASH, start);
      const end = slash < 0 ? path.length : slash;
      const name = path.subarray(start, end);
      start = end + 1;
      if (name.length === 2 && name[0] === DOT && name[1] === DOT) {
        throw new UsageError(`path ${quotePath(path)} leads upwards`);
      }
      if (name.length > 1 || name.length === 1 && name[0] !== DOT) components.push(name);
    }
    return new GuestPath(components);
  }

  /** All of it, without a slash at either end. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return joinNames(this.components);
  }

  /** For messages. */
  get shown(): string {
    return quotePath(this.bytes);
  }

  /** A component as text; undefined if there is none there. */
  text(index: number): string | undefined {
    const name = this.components[index];
    return name && new TextDecoder().decode(name);
  }

  /** The path of something in the directory that this leads to. */
  child(name: Uint8Array): Uint8Array<ArrayBuffer> {
    return joinNames([...this.components, name]);
  }
}

/** A path of names with slashes between them. */
export function joinNames(names: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const slash = Uint8Array.of(SLASH);
  return concatBytes(names.flatMap((name, index) => index === 0 ? [name] : [slash, name]));
}

/**
 * The patterns that select one name of a directory and leave everything else out.
 *
 * @param name Any bytes but slashes.
 */
export function patternsOf(name: Uint8Array): [MatchEntry, MatchEntry] {
  const escaped = [SLASH];
  for (const byte of name) {
    if (SPECIAL.includes(byte)) escaped.push(BACKSLASH);
    escaped.push(byte);
  }
  return [
    new MatchEntry(Uint8Array.of(SLASH, 0x2a), "exclude", true),
    new MatchEntry(Uint8Array.from(escaped), "include", true),
  ];
}

/**
 * The pattern that selects, in the archive that a guest makes of a place, the place.
 *
 * @param path Bytes of the place's full path.
 * @throws {UsageError} if it is none.
 */
export function patternOfLastName(path: Uint8Array): MatchEntry {
  const name = GuestPath.parse(path).components.at(-1);
  if (name === undefined) throw new UsageError("the path names nothing that could be extracted");
  return patternsOf(name)[1];
}
