/** Pieces that are kept. */
const KEPT = 4;
/** Pieces are longer than asked for by less than that, so that they fit again. */
const STEP_BYTES = 1024 * 1024;

/** Memory for contents that are looked at, used again and again. */
export class ScratchMemory {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  /** A piece that is at least so long, with anything in it. */
  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ length }) => length >= sizeBytes);
    if (at >= 0) return this.#free.splice(at, 1)[0]!;
    return new Uint8Array(Math.ceil(sizeBytes / STEP_BYTES) * STEP_BYTES);
  }

  /** Takes a piece back; the shortest goes if there are enough. */
  giveBack(piece: Uint8Array<ArrayBuffer>): void {
    this.#free.push(piece);
    this.#free.sort((a, b) => b.length - a.length).splice(KEPT);
  }
}
