import { decodeHex } from "../bytes/mod.ts";
import { compareWalkOrder } from "../fs/mod.ts";

/**
 * Chooses unchanged files that are read again all the same, a stretch of the archive a run, so that
 * every file has its turn within so many runs: rot of the source, or a file whose times were set
 * back, is found by then.
 */
export class RereadRound {
  readonly #from: Uint8Array | undefined;
  #left: number;
  #last: Uint8Array | undefined;

  /**
   * @param rereadTo Path, as hex, up to which the last run came; empty at the start of a round.
   * @param bytes Of contents to read again in this run.
   */
  constructor(rereadTo: string, bytes: number) {
    this.#from = rereadTo === "" ? undefined : decodeHex(rereadTo);
    this.#left = bytes;
  }

  /** Whether it is the file's turn. To be asked in the order of the walk. */
  takes(path: Uint8Array, sizeBytes: number): boolean {
    if (this.#left <= 0) return false;
    if (this.#from !== undefined && compareWalkOrder(path, this.#from) <= 0) return false;
    this.#left -= Math.max(1, sizeBytes);
    this.#last = path;
    return true;
  }

  /** Place at which the next run goes on; undefined if this one came to the end. */
  get rereadTo(): Uint8Array | undefined {
    return this.#left > 0 ? undefined : this.#last;
  }
}
