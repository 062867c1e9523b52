import { IncomingBody } from "../http/mod.ts";
import type { ReceivedMemory } from "./_received_memory.ts";
import { ReceiveWindow } from "./_receive_window.ts";

/** Services of a connection to its streams. */
export interface StreamOwner {
  readonly memory: ReceivedMemory;
  readonly connectionWindow: ReceiveWindow;
  /** The application took bytes of a body: flow-control credit goes back to the peer. */
  returnCredit(stream: Http2Stream, sizeBytes: number): void;
  /** The application does not want the rest of a body. */
  cancelBody(stream: Http2Stream): void;
}

/** Pieces below this size share memory of this size while they wait. */
const GATHERED_BYTES = 4096;

/** The receiving side of a stream as a body. */
export class Http2Body extends IncomingBody {
  override lengthBytes: number | undefined;
  readonly #owner: StreamOwner;
  readonly #stream: Http2Stream;
  readonly #queue: Uint8Array[] = [];
  /** Buffer in which small pieces that have to wait are put together. */
  #gathering: Uint8Array | undefined;
  #ended = false;
  #forgetting = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** Consumer of pieces as they arrive. */
  #use: ((piece: Uint8Array) => void) | undefined;

  constructor(owner: StreamOwner, stream: Http2Stream) {
    super();
    this.#owner = owner;
    this.#stream = stream;
  }

  override get heldUp(): boolean {
    return !this.#ended && this.#owner.connectionWindow.exhausted;
  }

  override async read(): Promise<Uint8Array | undefined> {
    while (true) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) {
        this.#owner.returnCredit(this.#stream, bytes.length);
        this.#owner.memory.giveAway(bytes);
        return bytes;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  override async eachPiece(use: (piece: Uint8Array) => void): Promise<void> {
    for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
      this.#owner.returnCredit(this.#stream, piece.length);
      use(piece);
      this.#owner.memory.done(piece);
    }
    let refusal: { readonly error: unknown } | undefined;
    this.#use = (piece) => {
      this.#owner.returnCredit(this.#stream, piece.length);
      try {
        use(piece);
      } catch (error) {
        // It is this reader's error, not that of the connection, which calls.
        refusal = { error };
        this.#use = undefined;
        this.#notify();
      }
    };
    while (refusal === undefined && this.#failure === undefined && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#use = undefined;
    if (refusal !== undefined) throw refusal.error;
    if (this.#failure !== undefined) throw this.#failure;
  }

  override cancel(): void {
    if (this.#ended || this.#failure !== undefined) this.forget();
    else this.#owner.cancelBody(this.#stream);
  }

  /** From the connection: bytes arrived. */
  push(bytes: Uint8Array): void {
    if (this.#forgetting) this.#owner.returnCredit(this.#stream, bytes.length);
    else if (this.#use !== undefined) this.#use(bytes);
    else {
      if (this.#queue.length > 0 && bytes.length < GATHERED_BYTES) this.#gather(bytes);
      else {
        this.#owner.memory.keep(bytes);
        this.#queue.push(bytes);
      }
      this.#notify();
    }
  }

  /**
   * The peer chooses how many pieces there are: each costs what it weighs, not an object of ours.
   */
  #gather(bytes: Uint8Array): void {
    const last = this.#queue.at(-1)!;
    const memory = this.#gathering;
    const end = last.byteOffset + last.length;
    if (last.buffer === memory?.buffer && end + bytes.length <= memory.length) {
      memory.set(bytes, end);
      this.#queue[this.#queue.length - 1] = memory.subarray(last.byteOffset, end + bytes.length);
      return;
    }
    const next = this.#gathering = new Uint8Array(GATHERED_BYTES);
    next.set(bytes);
    this.#queue.push(next.subarray(0, bytes.length));
  }

  /** From the connection: the body is complete. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** From the connection: the stream broke; what had arrived can still be read. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#failure ??= error;
    this.#use = undefined;
    this.#notify();
  }

  /** Drops what is there and what will come, giving the credit back immediately. */
  forget(): void {
    this.#forgetting = true;
    this.#use = undefined;
    let size = 0;
    for (const bytes of this.#queue) {
      size += bytes.length;
      this.#owner.memory.done(bytes);
    }
    this.#queue.length = 0;
    if (size > 0) this.#owner.returnCredit(this.#stream, size);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** One request and its response: windows, what is to be sent, what has arrived. */
export class Http2Stream {
  readonly body: Http2Body;
  /** No more frames of ours: END_STREAM was sent, or the stream was reset. */
  localClosed = false;
  /** No more frames of the peer's. */
  remoteClosed = false;
  /** The peer's header list has arrived (a later one is trailers). */
  headersReceived = false;
  /** Body bytes that have arrived. */
  receivedBytes = 0;
  /** Bytes that the peer may still send. */
  readonly receiveWindow: ReceiveWindow;
  /** Bytes that we may still send; negative after the peer lowered its initial window. */
  sendWindowBytes: number;
  /** Whether the connection has this stream in its queue of senders. */
  scheduled = false;

  readonly #parts: Uint8Array[] = [];
  #partOffset = 0;
  #pendingBytes = 0;
  #finishing = false;
  #dropped = false;
  #writesInFlight = 0;
  #released: (() => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(
    readonly id: number,
    owner: StreamOwner,
    receiveWindowBytes: number,
    sendWindowBytes: number,
  ) {
    this.body = new Http2Body(owner, this);
    this.receiveWindow = new ReceiveWindow(receiveWindowBytes);
    this.sendWindowBytes = sendWindowBytes;
  }

  /** Whether a DATA frame could be sent now, the connection's window aside. */
  get sendable(): boolean {
    if (this.localClosed) return false;
    return this.#pendingBytes > 0 ? this.sendWindowBytes > 0 : this.#finishing;
  }

  /** Whether all that is left to send is the end. */
  get onlyEndLeft(): boolean {
    return this.#pendingBytes === 0 && this.#finishing;
  }

  /** Bytes that wait to be sent. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Queues bytes of the body. */
  queue(bytes: Uint8Array): void {
    if (this.localClosed || bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** After what is queued the body ends. */
  finish(): void {
    this.#finishing = true;
  }

  /** Calls back once when nothing of the body is looked at any more. */
  whenReleased(released: (() => void) | undefined): void {
    this.#released = released;
    this.#checkReleased();
  }

  /** Resolves when less than `roomBytes` wait to be sent, or nothing will be sent any more. */
  async room(roomBytes: number): Promise<void> {
    while (this.#pendingBytes >= roomBytes && !this.localClosed) {
      await new Promise<void>((resolve) => this.#drained = resolve);
    }
  }

  /**
   * Takes the payload of the next DATA frame.
   *
   * @returns At most `maxBytes` bytes, and whether they are the last.
   */
  take(maxBytes: number): { payload: Uint8Array; last: boolean } {
    const part = this.#parts[0];
    if (part === undefined) return { payload: new Uint8Array(0), last: true };
    const size = Math.min(maxBytes, this.sendWindowBytes, part.length - this.#partOffset);
    const payload = part.subarray(this.#partOffset, this.#partOffset + size);
    this.#partOffset += size;
    if (this.#partOffset === part.length) {
      this.#parts.shift();
      this.#partOffset = 0;
    }
    this.#pendingBytes -= size;
    this.sendWindowBytes -= size;
    this.#notifyDrained();
    return { payload, last: this.#pendingBytes === 0 && this.#finishing };
  }

  /** A write with memory of the body was handed to the socket. */
  writeStarted(): void {
    this.#writesInFlight++;
  }

  /** Such a write is done. */
  writeSettled(): void {
    this.#writesInFlight--;
    this.#checkReleased();
  }

  /** No more is sent: after the last frame, a reset, or the end of the connection. */
  closeLocal(): void {
    this.localClosed = true;
    this.#dropped = true;
    this.#parts.length = 0;
    this.#pendingBytes = 0;
    this.#notifyDrained();
    this.#checkReleased();
  }

  #notifyDrained(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  #checkReleased(): void {
    if (!this.#dropped || this.#writesInFlight > 0) return;
    const released = this.#released;
    this.#released = undefined;
    released?.();
  }
}
