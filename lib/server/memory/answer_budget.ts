import { CancelledError, ConnectionError, ServerError } from "../../errors/mod.ts";

/** Bytes that all answers waiting for their readers may take together. */
const DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024;
/** Somebody who waited this long may ask for the memory of readers that hold theirs as long. */
const PATIENCE_MS = 30_000;
/** After so many times that, also one that takes a little now and then. */
const TRICKLE_FACTOR = 4;
/** Answers up to this size are with the kernel immediately, or not worth counting. */
const UNCOUNTED_BYTES = 64 * 1024;

/** Whose connection an answer is for. */
export interface AnswerReader {
  readonly remoteAddress: string;
  /** Bytes that it has taken so far. */
  readonly takenBytes: number;
  /** Aborted when its connection is over; nothing is read for it any more. */
  readonly ended?: AbortSignal;
  /** Ends the connection. */
  abort(reason: Error): void;
}

/** Bytes of an answer that are in memory until its reader has taken them. */
export interface HeldBytes extends Disposable {
  /** Corrects what was counted to what it became; more is also counted, but not waited for. */
  resize(sizeBytes: number): void;
}

/** See {@linkcode AnswerBudget}; for one connection. */
export interface ConnectionAnswers {
  hold(sizeBytes: number, signal: AbortSignal): Promise<HeldBytes>;
  holdNow(sizeBytes: number): HeldBytes | undefined;
  /** Whether so much could be held without a wait. */
  hasRoom(sizeBytes: number): boolean;
}

/**
 * The memory of everything that is held for readers, over all connections: decoded chunks and blobs,
 * files, lists.
 *
 * One address gets half of it at most, and those that hold least come first. While somebody waits,
 * readers that take nothing lose their connection, and so do, after longer, those that take a little
 * of it while others wait: a slow reader is served for as long as nobody else needs its memory.
 */
export class AnswerBudget {
  readonly #limitBytes: number;
  readonly #patienceMs: number;
  readonly #held = new Set<Held>();
  readonly #ofAddress = new Map<string, number>();
  #usedBytes = 0;
  #waiting: Waiter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitBytes: number = DEFAULT_LIMIT_BYTES, patienceMs: number = PATIENCE_MS) {
    this.#limitBytes = limitBytes;
    this.#patienceMs = patienceMs;
  }

  /** The memory of the answers on one connection. */
  of(reader: AnswerReader): ConnectionAnswers {
    return {
      hold: (sizeBytes, signal) => this.hold(reader, sizeBytes, signal),
      holdNow: (sizeBytes) => this.holdNow(reader, sizeBytes),
      hasRoom: (sizeBytes) => this.#waiting.length === 0 && this.#fits(reader, sizeBytes),
    };
  }

  /** Bytes that are counted now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Counts bytes before they are brought into memory; waits until there is room.
   *
   * @param signal Ends the wait, as the end of the connection does.
   * @throws {CancelledError} if that came before there was room.
   */
  async hold(reader: AnswerReader, sizeBytes: number, signal: AbortSignal): Promise<HeldBytes> {
    const { ended } = reader;
    if (signal.aborted || ended?.aborted) throw cancelled();
    if (this.#waiting.length === 0 && this.#fits(reader, sizeBytes)) {
      return this.#give(reader, sizeBytes);
    }
    return await new Promise<HeldBytes>((resolve, reject) => {
      const listen = (what: "addEventListener" | "removeEventListener") => {
        for (const each of [signal, ended]) each?.[what]("abort", giveUp);
      };
      const giveUp = () => {
        listen("removeEventListener");
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        this.#serve();
        reject(cancelled());
      };
      const waiter: Waiter = {
        reader,
        sizeBytes,
        sinceMs: performance.now(),
        grant: (held) => {
          listen("removeEventListener");
          resolve(held);
        },
      };
      listen("addEventListener");
      this.#waiting.push(waiter);
      this.#serve();
    });
  }

  /**
   * Counts bytes that are in memory already.
   *
   * @returns `undefined` if they are so few that they need not be counted.
   * @throws {ServerError} with 503 if there is no room: the answer has to be dropped.
   */
  holdNow(reader: AnswerReader, sizeBytes: number): HeldBytes | undefined {
    if (sizeBytes <= UNCOUNTED_BYTES) return undefined;
    if (this.#waiting.length === 0 && this.#fits(reader, sizeBytes)) {
      return this.#give(reader, sizeBytes);
    }
    throw new ServerError(503, "too many answers wait for their readers, try again later");
  }

  #fits({ remoteAddress }: AnswerReader, sizeBytes: number): boolean {
    // One that is larger than allowed is held alone.
    if (this.#usedBytes === 0) return true;
    if (this.#usedBytes + sizeBytes > this.#limitBytes) return false;
    const own = this.#ofAddress.get(remoteAddress) ?? 0;
    return own === 0 || own + sizeBytes <= this.#limitBytes / 2;
  }

  #give(reader: AnswerReader, sizeBytes: number): Held {
    const held = new Held(reader, (change, ended) => {
      this.#count(reader.remoteAddress, change);
      if (ended) this.#held.delete(held);
      if (change < 0) this.#serve();
    });
    this.#held.add(held);
    held.resize(sizeBytes);
    return held;
  }

  #count(address: string, change: number): void {
    this.#usedBytes += change;
    const own = (this.#ofAddress.get(address) ?? 0) + change;
    if (own > 0) this.#ofAddress.set(address, own);
    else this.#ofAddress.delete(address);
  }

  /** Gives to those who wait, who holds least first; large wishes are not passed over for ever. */
  #serve(): void {
    const order = [...this.#waiting].sort((a, b) =>
      this.#heldBy(a) - this.#heldBy(b) || a.sinceMs - b.sinceMs
    );
    for (const waiter of order) {
      const { reader, sizeBytes } = waiter;
      if (this.#fits(reader, sizeBytes)) {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        waiter.grant(this.#give(reader, sizeBytes));
        return this.#serve();
      }
      if (this.#usedBytes + sizeBytes > this.#limitBytes) break;
    }
    this.#watch();
  }

  #heldBy({ reader }: Waiter): number {
    return this.#ofAddress.get(reader.remoteAddress) ?? 0;
  }

  #watch(): void {
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#press(), this.#patienceMs / 4);
  }

  /**
   * Ends a reader if somebody has waited long: of the address that holds most, the one that has held longest.
   */
  #press(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    const patient = this.#waiting.filter(({ sinceMs }) => nowMs - sinceMs >= this.#patienceMs);
    const [late] = [...this.#held].filter((held) =>
      held.stalledMs(nowMs) >= this.#patienceMs && patient.length > 0 ||
      nowMs - held.sinceMs >= TRICKLE_FACTOR * this.#patienceMs &&
        patient.some(({ reader }) => reader.remoteAddress !== held.reader.remoteAddress)
    ).sort((a, b) =>
      this.#ofAddress.get(b.reader.remoteAddress)! -
        this.#ofAddress.get(a.reader.remoteAddress)! || a.sinceMs - b.sinceMs
    );
    late?.reader.abort(
      new ConnectionError("the answer was not taken while others waited for its memory"),
    );
    this.#watch();
  }
}

interface Waiter {
  readonly reader: AnswerReader;
  readonly sizeBytes: number;
  readonly sinceMs: number;
  readonly grant: (held: HeldBytes) => void;
}

class Held implements HeldBytes {
  readonly sinceMs: number = performance.now();
  #takenBytes: number;
  #takenMs: number = this.sinceMs;
  #sizeBytes = 0;
  #ended = false;

  constructor(
    readonly reader: AnswerReader,
    readonly changed: (changeBytes: number, ended: boolean) => void,
  ) {
    this.#takenBytes = reader.takenBytes;
  }

  /** Time in which its reader was not seen to take anything. */
  stalledMs(nowMs: number): number {
    const { takenBytes } = this.reader;
    if (takenBytes !== this.#takenBytes) [this.#takenBytes, this.#takenMs] = [takenBytes, nowMs];
    return nowMs - this.#takenMs;
  }

  resize(sizeBytes: number): void {
    if (this.#ended) return;
    const change = sizeBytes - this.#sizeBytes;
    this.#sizeBytes = sizeBytes;
    this.changed(change, false);
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    this.changed(-this.#sizeBytes, true);
    this.#sizeBytes = 0;
  }
}

function cancelled(): CancelledError {
  return new CancelledError("the client gave up the request");
}
