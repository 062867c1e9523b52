import type { ContentPart } from "./_content_parts.ts";

/** Parts that may wait beside the bytes that do: entries without content take memory as well. */
const MAX_WAITING = 1000;

/** A content part whose reading is under way, or done. */
export interface ReadPart {
  readonly kind: "content";
  readonly length: number;
  /** Undefined for zeros. */
  readonly bytes: Promise<Uint8Array> | undefined;
}

/** Anything but content passes through in its place. */
type Passing = { readonly kind: string };

/**
 * Reads the contents among parts ahead of need. Parts come in their order; the source is asked for
 * more while those who are served do something else.
 *
 * @param parts Where they come from; it is told when the end is not wanted.
 * @param aheadBytes How much may be under way or wait; one part always may.
 */
export async function* readAhead<T extends Passing>(
  parts: AsyncIterable<T | ContentPart> | Iterable<T | ContentPart>,
  aheadBytes: number,
): AsyncGenerator<Exclude<T, ContentPart> | ReadPart> {
  const source = toAsync(parts) as AsyncGenerator<Exclude<T, ContentPart> | ContentPart>;
  const window = new Window<Exclude<T, ContentPart>>(source, aheadBytes);
  try {
    for (let part = await window.next(); part !== undefined; part = await window.next()) {
      yield part;
    }
  } finally {
    await window.close();
    await source.return(undefined);
  }
}

class Window<T extends Passing> {
  readonly #source: AsyncGenerator<T | ContentPart>;
  readonly #aheadBytes: number;
  readonly #waiting: (T | ReadPart)[] = [];
  #waitingBytes = 0;
  #filling: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  /** The content that was handed out last: its reading may still be under way. */
  #last: ReadPart | undefined;

  constructor(source: AsyncGenerator<T | ContentPart>, aheadBytes: number) {
    this.#source = source;
    this.#aheadBytes = aheadBytes;
  }

  /** The next part; undefined after the last. @throws What the source threw, in its place. */
  async next(): Promise<T | ReadPart | undefined> {
    if (this.#waiting.length === 0) await this.#fillOnce();
    const part = this.#waiting.shift();
    if (part === undefined) {
      if (this.#failure !== undefined) throw this.#failure.error;
      return undefined;
    }
    if (part.kind === "content") {
      this.#last = part as ReadPart;
      this.#waitingBytes -= bytesOf(this.#last);
    }
    // What comes after it, while it is being used.
    if (this.#aheadBytes > 0) void this.#fillOnce();
    return part;
  }

  /** Waits until nothing is under way any more. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#filling;
    const parts = [this.#last, ...this.#waiting.splice(0)];
    await Promise.allSettled(
      parts.map((part) => part?.kind === "content" ? (part as ReadPart).bytes : undefined),
    );
  }

  #fillOnce(): Promise<void> {
    return this.#filling ??= this.#fill().finally(() => this.#filling = undefined);
  }

  async #fill(): Promise<void> {
    while (!this.#ended && !this.#isFull) {
      let next: IteratorResult<T | ContentPart>;
      try {
        next = await this.#source.next();
      } catch (error) {
        this.#failure = { error };
        this.#ended = true;
        return;
      }
      if (next.done) {
        this.#ended = true;
        return;
      }
      this.#waiting.push(this.#start(next.value));
    }
  }

  get #isFull(): boolean {
    if (this.#waiting.length === 0) return false;
    return this.#waitingBytes >= this.#aheadBytes || this.#waiting.length >= MAX_WAITING;
  }

  #start(part: T | ContentPart): T | ReadPart {
    if (part.kind !== "content") return part as T;
    const { length, read } = part as ContentPart;
    const bytes = read?.();
    // It is looked at in its turn.
    bytes?.catch(() => {});
    const started: ReadPart = { kind: "content", length, bytes };
    this.#waitingBytes += bytesOf(started);
    return started;
  }
}

/** Bytes of memory that a part takes. */
function bytesOf({ length, bytes }: ReadPart): number {
  return bytes === undefined ? 0 : length;
}

async function* toAsync<T>(parts: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* parts;
}
