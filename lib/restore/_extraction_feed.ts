import type { PlacedChunk } from "../reading/mod.ts";
import type { ContentFeed } from "./_content_feed.ts";
import type { RestoringExtractor } from "./_dry_extractor.ts";

/** Plain bytes that may wait for the extractor; the prefetch window is larger. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Commands are handed on before they take more than this. */
const PENDING_BYTES_MAX = 256 * 1024;

/** A chunk and how many submitted batches may still refer to it. */
interface HeldChunk {
  readonly placed: PlacedChunk;
  batches: number;
  /** Whether more batches may come. */
  current: boolean;
}

/**
 * Hands batches of commands to the extractor together with the chunk they refer to, and gives chunks
 * back when the last batch that needs them is done.
 */
export class ExtractionFeed implements ContentFeed {
  readonly #extractor: RestoringExtractor;
  readonly #held = new Map<number, HeldChunk>();
  #current: HeldChunk | undefined;
  #heldBytes = 0;
  #nextToken = 0;

  constructor(extractor: RestoringExtractor) {
    this.#extractor = extractor;
  }

  /** Whether so much is collected that {@linkcode ExtractionFeed.submit} should be awaited. */
  get full(): boolean {
    return this.#extractor.pendingBytes > PENDING_BYTES_MAX;
  }

  /** Bytes of the chunk that contents come from. */
  get chunkBytes(): Uint8Array {
    return this.#current!.placed.chunk.bytes;
  }

  /** Makes a chunk the one that contents come from; takes it over. Ends the one before. */
  use(placed: PlacedChunk): void {
    if (this.#current !== undefined) throw new Error("the chunk before was not ended");
    this.#current = { placed, batches: 0, current: true };
    this.#heldBytes += placed.chunk.bytes.byteLength;
    this.#point();
  }

  /** Hands on what was collected. */
  async submit(): Promise<void> {
    if (this.#extractor.pendingBytes > 0) {
      const token = this.#nextToken;
      this.#nextToken = (token + 1) % 0xffff_fff0;
      if (this.#current !== undefined) {
        this.#current.batches++;
        this.#held.set(token, this.#current);
      }
      await this.#extractor.submit(token);
      this.#point();
    }
    this.#giveBack(this.#extractor.takeFinishedTokens());
  }

  /** Nothing more comes from the current chunk; waits while too much is held. */
  async endChunk(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    await this.submit();
    this.#current = undefined;
    current.current = false;
    if (current.batches === 0) this.#release(current);
    while (this.#heldBytes > HELD_BYTES_MAX && this.#held.size > 0) {
      this.#giveBack(await this.#extractor.finishedTokens());
    }
  }

  /**
   * Waits for something, and meanwhile gives back what the extractor is done with: the next chunk may
   * be waiting for just that memory.
   */
  async giveBackUntil(pending: Promise<unknown>): Promise<void> {
    let settled = false;
    const over = () => void (settled = true);
    const end = pending.then(over, over);
    while (!settled && this.#held.size > 0) {
      const finished = this.#extractor.finishedTokens().then((tokens) => {
        // None: the extractor has ended, which the next call says.
        if (tokens.length === 0) settled = true;
        this.#giveBack(tokens);
      });
      // If the wait is over first, the next call of the extractor fails with this error as well.
      finished.catch(() => {});
      await Promise.race([end, finished]);
    }
  }

  /** Gives all chunks back; only once the extractor has finished or was aborted. */
  releaseAll(): void {
    this.#giveBack([...this.#held.keys()]);
    if (this.#current !== undefined) {
      this.#release(this.#current);
      this.#current = undefined;
    }
  }

  #point(): void {
    const chunk = this.#current?.placed.chunk;
    if (chunk !== undefined) this.#extractor.useChunk(chunk.pointer, chunk.bytes.byteLength);
  }

  #giveBack(tokens: readonly number[]): void {
    for (const token of tokens) {
      const held = this.#held.get(token);
      if (held === undefined) continue;
      this.#held.delete(token);
      if (--held.batches === 0 && !held.current) this.#release(held);
    }
  }

  #release(held: HeldChunk): void {
    this.#heldBytes -= held.placed.chunk.bytes.byteLength;
    held.placed.release();
  }
}
