const SLASH = 0x2f;

/**
 * Order of paths as a walk meets them, for `sort()`: what is below a directory comes before its next
 * sibling. Our archives hold their entries in it (spec: pxar.md §3).
 *
 * @param a Raw bytes without leading slash.
 */
export function compareWalkOrder(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.byteLength, b.byteLength);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return (a[i] === SLASH ? 0 : a[i]!) - (b[i] === SLASH ? 0 : b[i]!);
  }
  return a.byteLength - b.byteLength;
}
