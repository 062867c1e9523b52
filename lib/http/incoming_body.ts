import { CorruptDataError } from "../errors/mod.ts";

/** A message body went past the limit its reader had set. */
export class BodyTooLargeError extends CorruptDataError {
  override name = "BodyTooLargeError";
}

/**
 * The body of a received message, read once, from front to back.
 *
 * A body that is neither read to its end nor cancelled holds up its connection (HTTP/1.1) or its
 * part of the flow-control window (HTTP/2).
 */
export abstract class IncomingBody implements AsyncIterable<Uint8Array> {
  /** Length announced by the sender, in bytes. */
  abstract readonly lengthBytes: number | undefined;

  /** Whether the rest cannot come because bodies beside it that are not read take all the room. */
  get heldUp(): boolean {
    return false;
  }

  /**
   * The next bytes as they arrived; `undefined` at the end.
   *
   * @throws {ConnectionError} if the connection or stream ended early.
   */
  abstract read(): Promise<Uint8Array | undefined>;

  /**
   * Hands the rest over piece by piece, as it arrives, and keeps nothing: at full speed this takes
   * less time and far less memory than `read`.
   *
   * @param use Called in order; a piece is valid during the call only. What it throws ends the
   * reading; the rest is not cancelled.
   * @throws {ConnectionError} if the connection or stream ended early.
   */
  async eachPiece(use: (piece: Uint8Array) => void): Promise<void> {
    for (let piece = await this.read(); piece !== undefined; piece = await this.read()) use(piece);
  }

  /** Gives up the rest. Over HTTP/1.1 the connection cannot be used again afterwards. */
  abstract cancel(): void;

  /**
   * The whole body.
   *
   * @param limitBytes More than this is refused, before it is stored.
   * @throws {BodyTooLargeError} if there is more; the rest is cancelled.
   */
  async bytes(limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#checkAnnounced(limitBytes);
    const gathered = new GatheredBytes(limitBytes, this.lengthBytes);
    await this.eachPiece((piece) => {
      if (!gathered.add(piece)) this.#refuse(limitBytes);
    });
    return gathered.take();
  }

  /** As {@linkcode bytes}, decoded from UTF-8; wrong sequences become U+FFFD. */
  async text(limitBytes: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limitBytes));
  }

  /**
   * Reads the whole body into memory of the caller's, each byte copied once.
   *
   * @param provide Returns memory of at least the given number of bytes. Called first with the
   * announced length, or with a first piece's length if none was announced; called again when that
   * is full, and the bytes so far are copied over. Not called for an empty body.
   * @param limitBytes More than this is refused; `provide` is never asked for more.
   * @returns The part of the last memory that was filled.
   * @throws {BodyTooLargeError} if there is more; the rest is cancelled.
   */
  async readInto(
    provide: (leastBytes: number) => Uint8Array,
    limitBytes: number,
  ): Promise<Uint8Array> {
    this.#checkAnnounced(limitBytes);
    const collector = new BodyCollector(provide, limitBytes, this.lengthBytes);
    await this.eachPiece((piece) => {
      if (!collector.add(piece)) this.#refuse(limitBytes);
    });
    return collector.filled;
  }

  /** Reads and forgets the rest, so that the connection can be used again. */
  async discard(): Promise<void> {
    await this.eachPiece(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let finished = false;
    try {
      for (let part = await this.read(); part !== undefined; part = await this.read()) yield part;
      finished = true;
    } finally {
      if (!finished) this.cancel();
    }
  }

  #checkAnnounced(limitBytes: number): void {
    if (this.lengthBytes !== undefined && this.lengthBytes > limitBytes) this.#refuse(limitBytes);
  }

  #refuse(limitBytes: number): never {
    this.cancel();
    throw new BodyTooLargeError(`message body is larger than ${limitBytes} bytes`);
  }
}

/**
 * Pieces put together in memory that grows with them. What was announced is not provided for, and a
 * piece of one byte takes one byte.
 */
export class GatheredBytes {
  #memory = new Uint8Array(0);
  readonly #collector: BodyCollector;

  /**
   * @param limitBytes More than this is not taken.
   * @param expectedBytes What was announced, if anything.
   */
  constructor(limitBytes: number, expectedBytes: number = limitBytes) {
    const mostBytes = Math.min(limitBytes, expectedBytes);
    const provide = (leastBytes: number) => {
      const size = Math.max(leastBytes, Math.min(2 * this.#memory.length, mostBytes));
      return this.#memory = new Uint8Array(size);
    };
    this.#collector = new BodyCollector(provide, limitBytes, undefined);
  }

  /** @returns `false`, and nothing was taken, if the limit would be passed. */
  add(piece: Uint8Array): boolean {
    return this.#collector.add(piece);
  }

  /** All that was added. */
  take(): Uint8Array<ArrayBuffer> {
    const { length } = this.#collector.filled;
    return length === this.#memory.length ? this.#memory : this.#memory.slice(0, length);
  }
}

/** Puts pieces one after the other into memory that somebody provides. */
export class BodyCollector {
  readonly #provide: (leastBytes: number) => Uint8Array;
  readonly #limitBytes: number;
  readonly #announcedBytes: number | undefined;
  #memory: Uint8Array = new Uint8Array(0);
  #usedBytes = 0;

  /** @param announcedBytes Asked for in one go if known; must not be above the limit. */
  constructor(
    provide: (leastBytes: number) => Uint8Array,
    limitBytes: number,
    announcedBytes: number | undefined,
  ) {
    this.#provide = provide;
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
  }

  /** Bytes put in so far, in the memory last provided. */
  get filled(): Uint8Array {
    return this.#memory.subarray(0, this.#usedBytes);
  }

  /** @returns `false`, and nothing was stored, if the limit would be passed. */
  add(part: Uint8Array): boolean {
    const needed = this.#usedBytes + part.length;
    if (needed > this.#limitBytes) return false;
    if (needed > this.#memory.length) {
      const least = Math.max(needed, this.#announcedBytes ?? 0);
      const memory = this.#provide(least);
      if (memory.length < least) {
        throw new RangeError(`memory of ${memory.length} bytes was provided, ${least} are needed`);
      }
      if (this.#usedBytes > 0) memory.set(this.filled);
      this.#memory = memory;
    }
    this.#memory.set(part, this.#usedBytes);
    this.#usedBytes = needed;
    return true;
  }
}

/** A body without a byte. */
export class EmptyBody extends IncomingBody {
  override readonly lengthBytes = 0;
  override read(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  override cancel(): void {}
}
