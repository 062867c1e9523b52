/** The path of names from the outermost to the innermost. */
export function joinNames(names: readonly Uint8Array[]): Uint8Array {
  const path = new Uint8Array(
    Math.max(0, names.reduce((sum, { length }) => sum + length + 1, 0) - 1),
  );
  let at = 0;
  for (const name of names) {
    path.set(name, at);
    at += name.length;
    if (at < path.length) path[at++] = 0x2f;
  }
  return path;
}
