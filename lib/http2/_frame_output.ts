import type { Duplex } from "../duplex/mod.ts";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./http2_format.ts";
import { writeFrameHeader } from "./frame_writer.ts";
import type { Http2Stream } from "./_http2_stream.ts";

/** Handed to the socket and not yet taken by it; more only leaves the processor's caches. */
const IN_FLIGHT_BYTES = 2 * 1024 * 1024;
/** Frames are collected in pieces of this size before they are written. */
const STAGING_BYTES = 64 * 1024;
/** Payloads up to this size are copied next to their header, larger ones are written as they are. */
const COPY_BYTES = 16 * 1024;
/**
 * A stream may send this much in a row: the largest chunk, header included. A chunk of which a few
 * bytes are left for later costs the peer as much memory as all those that come in between.
 */
const BURST_BYTES = 16 * 1024 * 1024 + 64 * 1024;
/** DATA frames are at most this long, whatever the peer allows. */
const DATA_FRAME_BYTES = 1024 * 1024;

/** The connection's half of sending: windows, limits and what happens on errors. */
export interface OutputOwner {
  readonly peerMaxFrameBytes: number;
  /** The peer's window for the whole connection. */
  connectionSendWindowBytes: number;
  /** The last frame of a stream is on its way. */
  sentEnd(stream: Http2Stream): void;
  /** The socket failed. */
  outputFailed(error: Error): void;
}

/** Orders frames onto the socket: control frames first, then bodies, each stream in its turn. */
export class FrameOutput {
  readonly #duplex: Duplex;
  readonly #owner: OutputOwner;
  readonly #control: Uint8Array[] = [];
  #controlBytes = 0;
  readonly #senders: Http2Stream[] = [];
  #burstBytes = 0;
  #inFlightBytes = 0;
  #takenBytes = 0;
  #planned = false;
  #stopped = false;
  readonly #idleStaging: Uint8Array[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(duplex: Duplex, owner: OutputOwner) {
    this.#duplex = duplex;
    this.#owner = owner;
  }

  /** Control bytes not yet handed to the socket. */
  get controlBytes(): number {
    return this.#controlBytes;
  }

  /** Bytes that are with the socket and not yet taken by it. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** All that the socket has taken. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Queues a frame that is not subject to flow control. */
  control(frame: Uint8Array): void {
    if (this.#stopped) return;
    this.#control.push(frame);
    this.#controlBytes += frame.length;
    this.plan();
  }

  /** Lets a stream send if it can. */
  schedule(stream: Http2Stream): void {
    if (this.#stopped || stream.scheduled || !stream.sendable) return;
    stream.scheduled = true;
    this.#senders.push(stream);
    this.plan();
  }

  /** Sends as soon as the current turn of the event loop is over: small frames share a write. */
  plan(): void {
    if (this.#planned || this.#stopped) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#pump();
    });
  }

  /** Resolves when all control frames are with the socket and it has taken them, or at the stop. */
  async drained(): Promise<void> {
    while (!this.#stopped && (this.#controlBytes > 0 || this.#inFlightBytes > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when few control bytes are waiting, or at the stop. */
  async controlRoom(limitBytes: number): Promise<void> {
    while (!this.#stopped && this.#controlBytes > limitBytes) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true;
    this.#control.length = 0;
    this.#controlBytes = 0;
    this.#senders.length = 0;
    this.#wake();
  }

  #pump(): void {
    let staging = this.#idleStaging.pop() ?? new Uint8Array(STAGING_BYTES);
    let used = 0;
    const flush = () => {
      if (used === 0) return;
      const memory = staging;
      this.#write(memory.subarray(0, used), () => this.#recycle(memory));
      staging = this.#idleStaging.pop() ?? new Uint8Array(STAGING_BYTES);
      used = 0;
    };
    while (!this.#stopped && this.#inFlightBytes + used < IN_FLIGHT_BYTES) {
      const frame = this.#control.shift();
      if (frame !== undefined) {
        this.#controlBytes -= frame.length;
        if (used + frame.length > STAGING_BYTES) flush();
        if (frame.length > STAGING_BYTES) this.#write(frame, () => {});
        else {
          staging.set(frame, used);
          used += frame.length;
        }
        continue;
      }
      const stream = this.#nextSender();
      if (stream === undefined) break;
      const { payload, last } = stream.take(
        Math.min(
          DATA_FRAME_BYTES,
          this.#owner.peerMaxFrameBytes,
          this.#owner.connectionSendWindowBytes,
        ),
      );
      this.#owner.connectionSendWindowBytes -= payload.length;
      this.#burstBytes += payload.length;
      if (used + FRAME_HEADER_BYTES + COPY_BYTES > STAGING_BYTES) flush();
      const flags = last ? FrameFlag.END_STREAM : 0;
      used = writeFrameHeader(staging, used, {
        length: payload.length,
        type: FrameType.DATA,
        flags,
        streamId: stream.id,
      });
      if (payload.length <= COPY_BYTES) {
        staging.set(payload, used);
        used += payload.length;
      } else {
        flush();
        stream.writeStarted();
        this.#write(payload, () => stream.writeSettled());
      }
      if (last) {
        stream.closeLocal();
        this.#owner.sentEnd(stream);
      }
    }
    flush();
    this.#recycle(staging);
    this.#wake();
  }

  /** The stream whose turn it is; those that cannot send now leave the queue. */
  #nextSender(): Http2Stream | undefined {
    let blocked = 0;
    while (this.#senders.length > blocked) {
      const stream = this.#senders[blocked]!;
      if (!stream.sendable) {
        this.#senders.splice(blocked, 1);
        stream.scheduled = false;
        if (blocked === 0) this.#burstBytes = 0;
      } else if (this.#owner.connectionSendWindowBytes <= 0 && !stream.onlyEndLeft) {
        blocked++;
      } else if (blocked === 0 && this.#burstBytes >= BURST_BYTES && this.#senders.length > 1) {
        this.#senders.push(this.#senders.shift()!);
        this.#burstBytes = 0;
      } else return stream;
    }
    return undefined;
  }

  #write(bytes: Uint8Array, settled: () => void): void {
    this.#inFlightBytes += bytes.length;
    const done = () => {
      this.#inFlightBytes -= bytes.length;
      this.#takenBytes += bytes.length;
      settled();
    };
    this.#duplex.write(bytes).then(() => {
      done();
      if (this.#control.length > 0 || this.#senders.length > 0) this.plan();
      if (this.#waiting.length > 0) this.#wake();
    }, (error: Error) => {
      done();
      this.#owner.outputFailed(error);
    });
  }

  #recycle(memory: Uint8Array): void {
    if (this.#idleStaging.length < 8) this.#idleStaging.push(memory);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
