/** Writes an unsigned 64-bit number that is a safe integer. */
export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value / 0x1_0000_0000, true);
}

/** Writes an item header; `size` includes it. */
export function writeHeader(
  view: DataView,
  at: number,
  typeLow: number,
  typeHigh: number,
  size: number,
): void {
  view.setUint32(at, typeLow, true);
  view.setUint32(at + 4, typeHigh, true);
  writeU64(view, at + 8, size);
}
