import { encodeHex } from "../bytes/mod.ts";
import { DigestTable } from "../datastore/mod.ts";
import type { ChunkVerdict, WantedChunk } from "./chunk_check.ts";

/** Knowledge of a stored chunk; `proven`: encrypted, and its content was checked with the key. */
export type ChunkState = "under way" | "plain" | "encrypted" | "proven" | "bad";

const CODES: readonly (ChunkState | "unknown")[] = [
  "under way",
  "plain",
  "encrypted",
  "proven",
  "unknown",
];
/** Codes from here on are of bad chunks, with the length of the plain bytes and two flags. */
const BAD = 8;
const ENCRYPTED = 1;
const HAS_KEY = 2;
const SIZE_UNIT = 4;

/**
 * States of all chunks that were met: 56 bytes each, whatever happens to them. A chunk that is of no use to
 * one archive may be good for another: who names somebody else's chunks does them no harm.
 */
export class ChunkStates {
  readonly #table = new DigestTable();
  /** Chunks that are wanted because what lies under their digests is of no use to those who name them. */
  readonly #unfit = new Map<string, WantedChunk & { readonly isForged: boolean }>();
  #badCount = 0;

  /** Distinct chunks that somebody lacks at the moment. */
  get badCount(): number {
    return this.#badCount + this.#unfit.size;
  }

  /** The state of a chunk; undefined if it was not met, or is to be looked at again. */
  of(digest: Uint8Array): ChunkState | undefined {
    const code = this.#table.get(digest);
    if (code === undefined) return undefined;
    if (code >= BAD) return "bad";
    const state = CODES[code]!;
    return state === "unknown" ? undefined : state;
  }

  /** Whether a chunk was looked at, and is of no use as it is wanted. */
  isBadFor({ digest, encrypted, hasKey }: Omit<WantedChunk, "size">): boolean {
    const state = this.of(digest);
    if (state === undefined || state === "under way") return false;
    if (state === "bad" || (state === "plain") === encrypted) return true;
    return hasKey && this.isForged(digest);
  }

  /** Whether a chunk need not be looked at again for an archive. */
  isGoodFor(chunk: Omit<WantedChunk, "size">): boolean {
    const state = this.of(chunk.digest);
    if (state === undefined || state === "under way" || this.isBadFor(chunk)) return false;
    return state !== "encrypted" || !chunk.hasKey;
  }

  /** Whether what lies under a digest has a right CRC, and not the content that the key asks for. */
  isForged(digest: Uint8Array): boolean {
    return this.#unfit.size > 0 && this.#unfit.get(encodeHex(digest))?.isForged === true;
  }

  /** A chunk as it is wanted; undefined if nobody lacks it. */
  wanted(digest: Uint8Array): WantedChunk | undefined {
    const code = this.#table.get(digest);
    if (code === undefined) return undefined;
    if (code < BAD) return this.#unfit.size === 0 ? undefined : this.#unfit.get(encodeHex(digest));
    return {
      digest,
      size: Math.floor(code / SIZE_UNIT) - BAD / SIZE_UNIT,
      encrypted: (code & ENCRYPTED) !== 0,
      hasKey: (code & HAS_KEY) !== 0,
    };
  }

  /** Notes what a look at a chunk has shown. */
  note(chunk: WantedChunk, verdict: ChunkVerdict): void {
    const { digest, encrypted, hasKey } = chunk;
    const own = encrypted ? (hasKey ? "proven" : "encrypted") : "plain";
    switch (verdict) {
      case "good":
      case "wrong length":
        return this.#set(digest, CODES.indexOf(own));
      case "damaged": {
        const flags = (encrypted ? ENCRYPTED : 0) + (hasKey ? HAS_KEY : 0);
        return this.#set(digest, BAD + chunk.size * SIZE_UNIT + flags);
      }
      case "otherwise":
        this.#set(digest, CODES.indexOf(encrypted ? "plain" : "encrypted"));
        break;
      case "forged":
        this.#set(digest, CODES.indexOf("encrypted"));
    }
    const isForged = verdict === "forged";
    this.#unfit.set(encodeHex(digest), { ...chunk, digest: digest.slice(), isForged });
  }

  /** Notes that a chunk is being looked at. */
  begin(digest: Uint8Array): void {
    this.#set(digest, CODES.indexOf("under way"));
  }

  /** Forgets what is known of a chunk: it is to be looked at again. */
  forget(digest: Uint8Array): void {
    this.#set(digest, CODES.indexOf("unknown"));
  }

  #set(digest: Uint8Array, code: number): void {
    if ((this.#table.get(digest) ?? 0) >= BAD) this.#badCount--;
    if (code >= BAD) this.#badCount++;
    if (this.#unfit.size > 0) this.#unfit.delete(encodeHex(digest));
    this.#table.set(digest, code);
  }
}
