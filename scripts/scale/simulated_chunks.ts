import { DIGEST_LENGTH } from "../../lib/index/mod.ts";

/** Folders of a chunk store. */
export const FOLDERS = 65536;
/** The bytes of a digest behind its folder that put it in order. */
const PLACE_RANGE = 2 ** 32;

/**
 * Digests of a store that is nowhere: each follows from the folder and the number of its chunk there,
 * and grows with them. Folders have as many chunks as random digests would give them, or one less.
 */
export class SimulatedChunks {
  /** @param count Chunks of the store. */
  constructor(readonly count: number) {}

  /** Number of the first chunk of a folder. */
  firstOf(folder: number): number {
    return Math.floor(folder * this.count / FOLDERS);
  }

  /** The folder of a chunk. */
  folderOf(chunk: number): number {
    const folder = Math.floor(chunk * FOLDERS / this.count);
    // The quotient is a rounded one.
    if (this.firstOf(folder) > chunk) return folder - 1;
    return this.firstOf(folder + 1) <= chunk ? folder + 1 : folder;
  }

  /** Puts the digest of a chunk into bytes. */
  writeDigest(chunk: number, into: DataView, offset: number): void {
    const folder = this.folderOf(chunk);
    const first = this.firstOf(folder);
    const width = PLACE_RANGE / (this.firstOf(folder + 1) - first);
    let noise = mix(chunk % PLACE_RANGE ^ 0x5bd1e995 ^ Math.floor(chunk / PLACE_RANGE));
    const place = Math.floor((chunk - first) * width) + Math.floor(noise / PLACE_RANGE * width);
    into.setUint16(offset, folder);
    into.setUint32(offset + 2, place);
    for (let at = offset + 6; at < offset + DIGEST_LENGTH - 2; at += 4) {
      into.setUint32(at, noise);
      noise = mix(noise + 0x9e3779b9);
    }
    into.setUint16(offset + DIGEST_LENGTH - 2, noise & 0xffff);
  }
}

/** A number of 32 bits that looks unlike its neighbours'. */
function mix(value: number): number {
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return (value ^ value >>> 16) >>> 0;
}
