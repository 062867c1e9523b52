const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Whether a path is relative and made of plain components only: not empty, no `.`, no `..`, no NUL.
 * Anything else could lead a link out of the restored tree (spec: pxar.md §4.5, row 15).
 */
export function isPlainPath(bytes: Uint8Array, start: number, end: number): boolean {
  let first = start;
  for (let i = start; i <= end; i++) {
    const byte = i < end ? bytes[i]! : SLASH;
    if (byte === 0) return false;
    if (byte !== SLASH) continue;
    const length = i - first;
    if (length === 0 || length === 1 && bytes[first] === DOT) return false;
    if (length === 2 && bytes[first] === DOT && bytes[first + 1] === DOT) return false;
    first = i + 1;
  }
  return true;
}
