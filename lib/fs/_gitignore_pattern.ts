import { inNamedClass } from "./_glob_parser.ts";

/** A pattern of a `.gitignore` line, in the language of match entries. */
export interface GitignorePattern {
  readonly negated: boolean;
  readonly directoriesOnly: boolean;
  /** Whether it is a path from the directory of its file, not a name at any depth. */
  readonly anchored: boolean;
  /** No slash at either end. */
  readonly text: Uint8Array;
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
const BANG = 0x21;
/** Far longer than a named class with its brackets. */
const NAME_MAX = 32;
const SPECIAL: ReadonlySet<number> = new Set([BACKSLASH, STAR, QUESTION, OPEN, BANG]);

/**
 * Translates a line without its comment, line end and trailing blanks.
 *
 * @returns undefined for one that can never match: Git takes such lines without a word.
 */
export function translateGitignorePattern(line: Uint8Array): GitignorePattern | undefined {
  const negated = line[0] === BANG;
  let start = negated ? 1 : 0;
  const directoriesOnly = line.length > start && line.at(-1) === SLASH;
  const end = directoriesOnly ? line.length - 1 : line.length;
  const anchored = line.subarray(start, end).includes(SLASH);
  if (anchored && line[start] === SLASH) start++;
  if (start >= end || line[end - 1] === SLASH) return undefined;
  const text = translate(line.subarray(start, end));
  return text && { negated, directoriesOnly, anchored, text: new Uint8Array(text) };
}

function translate(pattern: Uint8Array): number[] | undefined {
  const text: number[] = [];
  for (let at = 0; at < pattern.length;) {
    const byte = pattern[at]!;
    if (byte === BACKSLASH) {
      if (at + 1 === pattern.length) return undefined;
      pushLiteral(text, pattern[at + 1]!);
      at += 2;
    } else if (byte === STAR) {
      const begin = at;
      while (pattern[at] === STAR) at++;
      const slash = pattern[at] === BACKSLASH ? at + 1 : at;
      const alone = (begin === 0 || pattern[begin - 1] === SLASH) &&
        (at === pattern.length || pattern[slash] === SLASH);
      text.push(STAR);
      if (!alone || at - begin === 1) continue;
      // Before a slash that is escaped, two stars stand for at least one component.
      if (slash > at) text.push(SLASH, STAR);
      text.push(STAR);
    } else if (byte === OPEN) {
      const members = new Uint8Array(256);
      const after = readClass(pattern, at + 1, members);
      if (after === undefined || !pushClass(text, members)) return undefined;
      at = after;
    } else {
      if (byte === QUESTION) text.push(QUESTION);
      else pushLiteral(text, byte);
      at++;
    }
  }
  return text;
}

function pushLiteral(text: number[], byte: number): void {
  if (SPECIAL.has(byte)) text.push(BACKSLASH);
  text.push(byte);
}

/** Writes a class as ranges of escaped bytes; false if nothing is in it. */
function pushClass(text: number[], members: Uint8Array): boolean {
  text.push(OPEN);
  const empty = text.length;
  for (let first = 1; first < 256; first++) {
    if (members[first] === 0) continue;
    let last = first;
    while (members[last + 1] === 1) last++;
    text.push(BACKSLASH, first);
    if (last > first) text.push(DASH, BACKSLASH, last);
    first = last;
  }
  if (text.length === empty) return false;
  text.push(CLOSE);
  return true;
}

/**
 * Reads a class behind its bracket, by the rules of Git's matcher.
 *
 * @returns The position after it; undefined if it is not closed or has a named class nobody knows.
 */
function readClass(pattern: Uint8Array, start: number, members: Uint8Array): number | undefined {
  let at = start;
  const negated = pattern[at] === BANG || pattern[at] === CARET;
  if (negated) at++;
  let previous = 0;
  /** The first bracket that closes anything behind here; each is looked for once. */
  let close = -1;
  // The first byte is a member even if it is the bracket that would close the class.
  do {
    let byte = pattern[at];
    if (byte === undefined) return undefined;
    if (byte === BACKSLASH) {
      byte = pattern[++at];
      if (byte === undefined) return undefined;
      members[byte] = 1;
    } else if (byte === DASH && previous !== 0 && isRangeEnd(pattern[at + 1])) {
      byte = pattern[++at]!;
      if (byte === BACKSLASH) byte = pattern[++at];
      if (byte === undefined) return undefined;
      if (byte >= previous) members.fill(1, previous, byte + 1);
      byte = 0;
    } else if (byte === OPEN && pattern[at + 1] === COLON) {
      if (close < at + 2) close = pattern.indexOf(CLOSE, at + 2);
      if (close < 0 || close - at > NAME_MAX && pattern[close - 1] === COLON) return undefined;
      if (close - 1 < at + 2 || pattern[close - 1] !== COLON) {
        members[byte] = 1;
      } else {
        const name = String.fromCharCode(...pattern.subarray(at + 2, close - 1));
        if (!addNamedClass(name, members)) return undefined;
        at = close;
        byte = 0;
      }
    } else {
      members[byte] = 1;
    }
    previous = byte;
    at++;
  } while (pattern[at] !== CLOSE);
  if (negated) { for (let byte = 0; byte < 256; byte++) members[byte]! ^= 1; }
  members[SLASH] = 0;
  return at + 1;
}

function isRangeEnd(byte: number | undefined): boolean {
  return byte !== undefined && byte !== CLOSE;
}

function addNamedClass(name: string, members: Uint8Array): boolean {
  const contains = inNamedClass(name);
  if (contains === undefined) return false;
  for (let byte = 0; byte < 256; byte++) if (contains(byte)) members[byte] = 1;
  // Not part of it here, as it is in the language of match entries.
  if (name === "print") members[0x7f] = 0;
  return true;
}
