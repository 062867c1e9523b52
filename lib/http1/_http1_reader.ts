import { concatBytes } from "../bytes/mod.ts";
import { ConnectionError, CorruptDataError } from "../errors/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import { type LargeHeads, SMALL_HEAD_BYTES } from "./large_heads.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * A message of the peer's that breaks the rules of HTTP/1.1; `status` is a server's answer to it.
 */
export class Http1Error extends CorruptDataError {
  override name = "Http1Error";

  /** @param status 400 or another that says more. */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Takes lines, heads and bodies off a duplex and keeps what came too early. */
export class Http1Reader {
  readonly duplex: Duplex;
  #pending: Uint8Array = new Uint8Array(0);
  /**
   * Memory that `#pending` is the end of, with room after it; bytes before that end never change.
   */
  #gathered: Uint8Array | undefined;
  #ended = false;
  #places: LargeHeads | undefined;
  #leavePlace: (() => void) | undefined;
  /** Bytes that a head may still have without needing a place; below 0 if it has more. */
  #smallBytes = 0;

  constructor(duplex: Duplex) {
    this.duplex = duplex;
  }

  /** Whether nothing that arrived is still unread. */
  get drained(): boolean {
    return this.#pending.length === 0;
  }

  /**
   * Everything from the start of a message to the empty line that ends its head, as lines.
   *
   * @param limitBytes A longer head is refused.
   * @param started Called at the first byte.
   * @param places Where a head that is not small takes a place, until {@linkcode headDone}.
   * @returns Lines without their ends; `undefined` if the connection ended before the first byte.
   * @throws {Http1Error} with 431 if the head is too long, 503 if there is no place for it.
   * @throws {ConnectionError} if the connection ends inside it.
   */
  async head(
    limitBytes: number,
    started?: () => void,
    places?: LargeHeads,
  ): Promise<string[] | undefined> {
    const lines: string[] = [];
    let used = 0;
    this.#places = places;
    this.#smallBytes = SMALL_HEAD_BYTES;
    if (this.drained && !await this.#more()) return undefined;
    started?.();
    while (true) {
      const line = await this.line(limitBytes - used, 431);
      used += line.length + 1;
      this.#smallBytes -= line.length + 1;
      this.#checkPlace(0);
      // Empty lines in front of a request are skipped (RFC 9112 §2.2).
      if (line !== "") lines.push(line);
      else if (lines.length > 0) return lines;
    }
  }

  /** The lines of the last head are not looked at any more. */
  headDone(): void {
    this.#places = undefined;
    this.#leavePlace?.();
    this.#leavePlace = undefined;
  }

  #checkPlace(pendingBytes: number): void {
    if (pendingBytes <= this.#smallBytes || this.#places === undefined) return;
    this.#leavePlace ??= this.#places.take();
    if (this.#leavePlace === undefined) throw new Http1Error(503, "too many large heads at once");
  }

  /**
   * One line without its end, one character per byte.
   *
   * @param limitBytes A longer line is refused.
   * @param status Status of the refusal.
   */
  async line(limitBytes: number, status: number): Promise<string> {
    let searched = 0;
    while (true) {
      const end = this.#pending.indexOf(LINE_FEED, searched);
      if ((end < 0 ? this.#pending.length : end) > limitBytes) {
        throw new Http1Error(status, `line or head is longer than ${limitBytes} bytes`);
      }
      if (end >= 0) {
        const bytes = this.#pending.subarray(
          0,
          end > 0 && this.#pending[end - 1] === CARRIAGE_RETURN ? end - 1 : end,
        );
        this.#pending = this.#pending.subarray(end + 1);
        return latin1(bytes);
      }
      searched = this.#pending.length;
      this.#checkPlace(searched);
      if (!await this.#more()) throw this.ended();
    }
  }

  /** The next bytes of a body, at most `maxBytes`; `undefined` if the connection ended. */
  async some(maxBytes: number): Promise<Uint8Array | undefined> {
    if (this.drained && !await this.#more()) return undefined;
    const bytes = this.#pending.subarray(0, maxBytes);
    // Whoever has all of it may give its memory back.
    this.#pending = bytes.length === this.#pending.length
      ? new Uint8Array(0)
      : this.#pending.subarray(bytes.length);
    return bytes;
  }

  /** The connection from here on, unread bytes first. */
  rest(front: Uint8Array = new Uint8Array(0)): Duplex {
    const pending = concatBytes([front, this.#pending]);
    this.#pending = new Uint8Array(0);
    return pending.length === 0 ? this.duplex : new PrefixedDuplex(this.duplex, pending);
  }

  /** The error of a connection that ended inside a message. */
  ended(): ConnectionError {
    return new ConnectionError(`connection to ${this.duplex.peer} ended inside a message`);
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const bytes = await this.duplex.read();
    if (bytes === undefined) {
      this.#ended = true;
      return false;
    }
    if (this.drained) [this.#pending, this.#gathered] = [bytes, undefined];
    else this.#gather(bytes);
    return true;
  }

  /** Puts bytes after those that wait: each is moved a few times only, however small they come. */
  #gather(bytes: Uint8Array): void {
    const size = this.#pending.length + bytes.length;
    let memory = this.#gathered;
    let start = this.#pending.byteOffset - (memory?.byteOffset ?? 0);
    if (memory === undefined || start + size > memory.length) {
      memory = new Uint8Array(2 * size);
      memory.set(this.#pending);
      [this.#gathered, start] = [memory, 0];
    }
    memory.set(bytes, start + this.#pending.length);
    this.#pending = memory.subarray(start, start + size);
  }
}

class PrefixedDuplex implements Duplex {
  readonly #duplex: Duplex;
  #prefix: Uint8Array | undefined;

  constructor(duplex: Duplex, prefix: Uint8Array) {
    this.#duplex = duplex;
    this.#prefix = prefix;
  }

  get peer(): string {
    return this.#duplex.peer;
  }

  read(): Promise<Uint8Array | undefined> {
    const prefix = this.#prefix;
    if (prefix === undefined) return this.#duplex.read();
    this.#prefix = undefined;
    return Promise.resolve(prefix);
  }

  release(bytes: Uint8Array): void {
    this.#duplex.release?.(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#duplex.write(bytes);
  }

  close(): Promise<void> {
    return this.#duplex.close();
  }

  abort(reason?: Error): void {
    this.#duplex.abort(reason);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return text;
}
