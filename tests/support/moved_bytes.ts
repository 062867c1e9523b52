/** Bytes that `Uint8Array.set` moves while something runs. */
export async function movedBytes(run: () => Promise<unknown>): Promise<number> {
  const { set } = Uint8Array.prototype;
  let moved = 0;
  Uint8Array.prototype.set = function (source, offset) {
    moved += source.length;
    return set.call(this, source, offset);
  };
  try {
    await run();
  } finally {
    Uint8Array.prototype.set = set;
  }
  return moved;
}
