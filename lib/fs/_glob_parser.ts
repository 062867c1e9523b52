import { quotePath } from "../bytes/mod.ts";
import { GlobKind } from "../../ffi/native_layout.ts";
import { UsageError } from "../errors/mod.ts";

/** One component of a glob pattern. */
export interface GlobComponent {
  readonly kind: (typeof GlobKind)[keyof typeof GlobKind];
  /** Bytes of a literal, at least one. */
  readonly literal?: Uint8Array;
  /** 256 entries, 1 for members of a class. */
  readonly members?: Uint8Array;
}

const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const CARET = 0x5e;
const COLON = 0x3a;
const DASH = 0x2d;

// spec: pxar.md §5.3.1; print includes DEL, space lacks \v.
const NAMED_CLASSES: ReadonlyMap<string, (byte: number) => boolean> = new Map([
  ["alnum", (byte) => isAlpha(byte) || isDigit(byte)],
  ["alpha", isAlpha],
  ["blank", (byte) => byte === 0x20 || byte === 0x09],
  ["cntrl", (byte) => byte < 0x20 || byte === 0x7f],
  ["digit", isDigit],
  ["graph", (byte) => byte > 0x20 && byte < 0x7f],
  ["lower", (byte) => byte >= 0x61 && byte <= 0x7a],
  ["print", (byte) => byte >= 0x20 && byte <= 0x7f],
  ["punct", (byte) => byte > 0x20 && byte < 0x7f && !isAlpha(byte) && !isDigit(byte)],
  ["space", (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b)],
  ["upper", (byte) => byte >= 0x41 && byte <= 0x5a],
  ["xdigit", (byte) => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)],
]);

/** The bytes of a named class such as `alpha`; undefined if there is none of that name. */
export function inNamedClass(name: string): ((byte: number) => boolean) | undefined {
  return NAMED_CLASSES.get(name);
}

function isAlpha(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function fail(pattern: Uint8Array, reason: string): never {
  throw new UsageError(`pattern ${quotePath(pattern)}: ${reason}`);
}

/**
 * Takes a glob pattern apart.
 *
 * @throws {UsageError} that names the pattern and what is wrong with it.
 */
export function parseGlob(pattern: Uint8Array): GlobComponent[] {
  if (pattern.length === 0) fail(pattern, "it is empty");
  if (pattern.includes(0)) fail(pattern, "it contains a zero byte");
  let end = pattern.length;
  while (end > 1 && pattern[end - 1] === SLASH) end--;
  const components: GlobComponent[] = [];
  let literal: number[] = [];
  const flush = () => {
    if (literal.length === 0) return;
    components.push({ kind: GlobKind.Literal, literal: new Uint8Array(literal) });
    literal = [];
  };
  for (let at = 0; at < end;) {
    const byte = pattern[at]!;
    if (byte === BACKSLASH) {
      if (at + 1 >= end) fail(pattern, "it ends with a backslash that escapes nothing");
      literal.push(pattern[at + 1]!);
      at += 2;
    } else if (byte === QUESTION) {
      flush();
      components.push({ kind: GlobKind.AnyByte });
      at++;
    } else if (byte === STAR) {
      let next = at;
      while (next < end && pattern[next] === STAR) next++;
      const alone = (at === 0 || pattern[at - 1] === SLASH) &&
        (next === end || pattern[next] === SLASH);
      flush();
      components.push({ kind: next - at > 1 && alone ? GlobKind.StarStar : GlobKind.Star });
      at = next;
    } else if (byte === OPEN) {
      flush();
      const members = new Uint8Array(256);
      at = parseClass(pattern, at, end, members);
      components.push({ kind: GlobKind.Class, members });
    } else {
      literal.push(byte);
      at++;
    }
  }
  flush();
  return components;
}

/** Parses a class that begins at `start`; returns the position after it. */
function parseClass(
  pattern: Uint8Array,
  start: number,
  end: number,
  members: Uint8Array,
): number {
  const unclosed = () => fail(pattern, `the character class at byte ${start} is not closed`);
  let at = start + 1;
  const negated = at < end && pattern[at] === CARET;
  if (negated) at++;
  /** One member, escaped or not. */
  const member = (): number => {
    if (at < end && pattern[at] === BACKSLASH) at++;
    if (at >= end) unclosed();
    return pattern[at++]!;
  };
  for (;;) {
    if (at >= end) unclosed();
    if (pattern[at] === CLOSE) break;
    if (pattern[at] === OPEN && at + 1 < end && pattern[at + 1] === COLON) {
      at = addNamedClass(pattern, start, at, end, members);
      // A dash after a named class is an ordinary member, not the begin of a range.
      if (at < end && pattern[at] === DASH) members[pattern[at++]!] = 1;
      continue;
    }
    const first = member();
    if (at < end && pattern[at] === DASH) {
      at++;
      const last = member();
      members.fill(1, Math.min(first, last), Math.max(first, last) + 1);
      if (at < end && pattern[at] === DASH) members[pattern[at++]!] = 1;
    } else {
      members[first] = 1;
    }
  }
  if (negated) { for (let byte = 0; byte < 256; byte++) members[byte]! ^= 1; }
  return at + 1;
}

function addNamedClass(
  pattern: Uint8Array,
  start: number,
  at: number,
  end: number,
  members: Uint8Array,
): number {
  for (const [name, contains] of NAMED_CLASSES) {
    const after = at + 2 + name.length;
    if (after + 2 > end || pattern[after] !== COLON || pattern[after + 1] !== CLOSE) continue;
    if (String.fromCharCode(...pattern.subarray(at + 2, after)) !== name) continue;
    for (let byte = 0; byte < 256; byte++) if (contains(byte)) members[byte] = 1;
    return after + 2;
  }
  fail(pattern, `the character class at byte ${start} has a named class that is not known`);
}
