import type { DigestTable } from "../../datastore/mod.ts";

/** How long the chunks of an interrupted backup are remembered. */
const LIFETIME_MS = 2 * 60 * 60_000;
/** Digests remembered of all interrupted backups together, 40 bytes and more each. */
const MAX_DIGESTS = 1_000_000;

/** Chunks that one interrupted backup had sent. */
interface Interrupted {
  readonly chunks: DigestTable;
  readonly untilMs: number;
}

/**
 * The chunks that interrupted backups had sent, so that the next attempt of the same client at the
 * same group need not send them again: an extension of ours (docs/remote.md). Nobody can recall what
 * somebody else has sent, nor learn from it what the store has.
 */
export class InterruptedChunks {
  /** Oldest first. */
  readonly #backups = new Map<string, Interrupted>();
  readonly #now: () => number;

  /** @param now Clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Remembers what an interrupted backup had sent, in addition to what was remembered of the group.
   *
   * @param key Says whose backup of which group it was.
   */
  remember(key: string, chunks: DigestTable): void {
    if (chunks.count === 0 || chunks.count > MAX_DIGESTS) return;
    this.#backups.delete(key);
    this.#backups.set(key, { chunks, untilMs: this.#now() + LIFETIME_MS });
    let total = 0;
    for (const each of this.#backups.values()) total += each.chunks.count;
    for (const [oldest, { chunks: dropped }] of this.#backups) {
      if (total <= MAX_DIGESTS) break;
      this.#backups.delete(oldest);
      total -= dropped.count;
    }
  }

  /** Remembered chunks of a group; undefined if there are none. */
  find(key: string): DigestTable | undefined {
    const found = this.#backups.get(key);
    if (found !== undefined && found.untilMs > this.#now()) return found.chunks;
    this.#backups.delete(key);
    return undefined;
  }

  /** Forgets a group: its backup was finished. */
  forget(key: string): void {
    this.#backups.delete(key);
  }
}
