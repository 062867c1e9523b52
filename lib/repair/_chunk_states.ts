import { DigestTable } from "../datastore/mod.ts";
import type { WantedChunk } from "./chunk_check.ts";

/** Knowledge of a chunk. */
export type ChunkState = "under way" | "plain" | "encrypted" | "unknown" | "bad";

const CODES: readonly ChunkState[] = ["under way", "plain", "encrypted", "unknown"];
/** Codes from here on are of bad chunks, with the length of the plain bytes and two flags. */
const BAD = 8;
const ENCRYPTED = 1;
const HAS_KEY = 2;
const SIZE_UNIT = 4;

/** States of all chunks that were met: 56 bytes each, whatever happens to them. */
export class ChunkStates {
  readonly #table = new DigestTable();
  #badCount = 0;

  /** Distinct chunks that are bad at the moment. */
  get badCount(): number {
    return this.#badCount;
  }

  /** The state of a chunk; undefined if it was not met, or is to be looked at again. */
  of(digest: Uint8Array): Exclude<ChunkState, "unknown"> | undefined {
    const code = this.#table.get(digest);
    if (code === undefined) return undefined;
    if (code >= BAD) return "bad";
    const state = CODES[code]!;
    return state === "unknown" ? undefined : state;
  }

  /** A bad chunk as it is wanted; undefined if it is not bad. */
  wanted(digest: Uint8Array): WantedChunk | undefined {
    const code = this.#table.get(digest);
    if (code === undefined || code < BAD) return undefined;
    return {
      digest,
      size: Math.floor(code / SIZE_UNIT) - BAD / SIZE_UNIT,
      encrypted: (code & ENCRYPTED) !== 0,
      hasKey: (code & HAS_KEY) !== 0,
    };
  }

  /** Notes what a chunk is; of a bad one also what is wanted. */
  set(chunk: WantedChunk, state: ChunkState): void {
    const { digest, size, encrypted, hasKey } = chunk;
    if (this.of(digest) === "bad") this.#badCount--;
    if (state !== "bad") {
      this.#table.set(digest, CODES.indexOf(state));
      return;
    }
    this.#badCount++;
    const flags = (encrypted ? ENCRYPTED : 0) + (hasKey ? HAS_KEY : 0);
    this.#table.set(digest, BAD + size * SIZE_UNIT + flags);
  }
}
