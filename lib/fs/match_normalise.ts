const SLASH = 0x2f;
const DOT = 0x2e;

function isDots(part: Uint8Array, count: number): boolean {
  return part.length === count && part.every((byte) => byte === DOT);
}

/**
 * A pattern or path without `.` components and duplicate slashes and with `x/..` collapsed; a slash at
 * either end stays (spec: pxar.md §5.3.2). Purely lexical.
 *
 * @returns The same array if there is nothing to change.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const clean = (text: string) =>
 *   new TextDecoder().decode(normaliseMatchPath(new TextEncoder().encode(text)));
 * assertEquals(clean("x/../b"), "b");
 * assertEquals(clean("/c/.//d/"), "/c/d/");
 * ```
 */
export function normaliseMatchPath(path: Uint8Array): Uint8Array {
  const rooted = path[0] === SLASH;
  const parts: Uint8Array[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    const part = path.subarray(start, end);
    start = end + 1;
    if (part.length === 0 || isDots(part, 1)) continue;
    const previous = parts.at(-1);
    if (isDots(part, 2) && previous !== undefined && !isDots(previous, 2)) parts.pop();
    else if (!isDots(part, 2) || !rooted) parts.push(part);
  }
  const result: number[] = [];
  if (rooted) result.push(SLASH);
  parts.forEach((part, i) => {
    if (i > 0) result.push(SLASH);
    for (const byte of part) result.push(byte);
  });
  if (parts.length > 0 && path[path.length - 1] === SLASH) result.push(SLASH);
  const same = result.length === path.length && result.every((byte, i) => byte === path[i]);
  return same ? path : new Uint8Array(result);
}
