import { ConnectionError } from "../errors/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import type { HeaderField, OutgoingBody } from "../http/mod.ts";
import { FrameOutput, type OutputOwner } from "./_frame_output.ts";
import { Http2Stream, type StreamOwner } from "./_http2_stream.ts";
import type { PeerSettings } from "./_peer_settings.ts";
import { ReceivedMemory } from "./_received_memory.ts";
import { ReceiveWindow } from "./_receive_window.ts";
import * as frames from "./frame_writer.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import { DEFAULT_WINDOW_BYTES, Http2ErrorCode as Code, MAX_WINDOW_BYTES } from "./http2_format.ts";
import { Http2Error } from "./http2_error.ts";
import type { SettledHttp2Options } from "./http2_options.ts";

/** A streamed body is asked for more while less than this waits to be sent. */
const STREAMED_BODY_BYTES = 1024 * 1024;
/** Closed streams that are remembered, to tell late frames from wrong ones. */
const REMEMBERED_STREAMS = 4096;

/** How a stream came to its end: regularly, by our reset, by the peer's. */
export type StreamEnd = "ended" | "reset" | "peer-reset";

/** Events of a table of streams. */
export interface StreamTableEvents {
  /**
   * A stream is over; `error` is set unless it came to its regular end, `complete` tells whether the
   * peer's message had arrived to its end anyway.
   */
  streamGone(stream: Http2Stream, error: Error | undefined, complete: boolean): void;
  /** The socket failed. */
  outputFailed(error: Error): void;
}

/** The open streams of a connection, both directions of flow control, and the way out. */
export class StreamTable implements StreamOwner, OutputOwner {
  readonly open: Map<number, Http2Stream> = new Map();
  readonly output: FrameOutput;
  readonly memory: ReceivedMemory;
  /** Highest identifier that we, and that the peer has used. */
  lastOwnId = 0;
  lastPeerId = 0;
  connectionSendWindowBytes: number = DEFAULT_WINDOW_BYTES;
  /** Streams that either side has opened so far. */
  opened = 0;
  /** Bytes of bodies that have arrived on all streams. */
  receivedBytes = 0;
  /** Bytes that the peer may send on the whole connection. */
  readonly connectionWindow: ReceiveWindow;
  readonly #options: SettledHttp2Options;
  readonly #peer: PeerSettings;
  readonly #events: StreamTableEvents;
  readonly #encoder = new HpackEncoder();
  /** How streams ended: the peer may not know yet that we have reset them. */
  readonly #ended = new Map<number, StreamEnd>();
  #initialWindowBytes: number = DEFAULT_WINDOW_BYTES;

  constructor(
    duplex: Duplex,
    options: SettledHttp2Options,
    peer: PeerSettings,
    events: StreamTableEvents,
  ) {
    this.#options = options;
    this.#peer = peer;
    this.#events = events;
    this.output = new FrameOutput(duplex, this);
    this.memory = new ReceivedMemory(duplex);
    this.connectionWindow = new ReceiveWindow(options.connectionWindowBytes);
  }

  get peerMaxFrameBytes(): number {
    return this.#peer.maxFrameBytes;
  }

  /** Adds a stream that was just opened by either side. */
  add(id: number): Http2Stream {
    const { streamWindowBytes } = this.#options;
    const stream = new Http2Stream(id, this, streamWindowBytes, this.#initialWindowBytes);
    this.open.set(id, stream);
    this.opened++;
    return stream;
  }

  /** Streams of which the peer could send more. */
  get awaited(): Set<number> {
    if (this.connectionWindow.exhausted) return new Set();
    const awaited = [...this.open.values()].filter((stream) =>
      stream.headersReceived && !stream.remoteClosed && !stream.receiveWindow.exhausted
    );
    return new Set(awaited.map(({ id }) => id));
  }

  /** Whether something waits that the peer could take. */
  get hasToSend(): boolean {
    return this.output.inFlightBytes > 0 ||
      this.open.values().some(({ pendingBytes }) => pendingBytes > 0);
  }

  /** How a stream that is not open ended, as far as that is remembered. */
  endOf(id: number): StreamEnd | undefined {
    return this.#ended.get(id);
  }

  /** Sends a header list; nothing of the stream may follow if `endStream`. */
  sendHeaders(stream: Http2Stream, fields: HeaderField[], endStream: boolean): void {
    const block = this.#encoder.encode(fields);
    this.output.control(
      frames.headerFrames(stream.id, block, endStream, this.#peer.maxFrameBytes),
    );
    if (!endStream) return;
    stream.closeLocal();
    this.sentEnd(stream);
  }

  /** Sends a body after its headers; resolves when all of it was taken or none is wanted. */
  async sendBody(stream: Http2Stream, body: OutgoingBody): Promise<void> {
    if (Symbol.asyncIterator in body) {
      for await (const part of body) {
        stream.queue(part);
        this.output.schedule(stream);
        await stream.room(STREAMED_BODY_BYTES);
        if (stream.localClosed) return;
      }
    } else for (const part of body instanceof Uint8Array ? [body] : body) stream.queue(part);
    stream.finish();
    this.output.schedule(stream);
  }

  /** Ends a stream from our side, with an error code for the peer and an error for our side. */
  reset(stream: Http2Stream, code: number, error: Error): void {
    if (!this.open.has(stream.id)) return;
    this.output.control(frames.rstStreamFrame(stream.id, code));
    this.remove(stream, "reset", error);
  }

  /** Takes a stream off the table. */
  remove(stream: Http2Stream, end: StreamEnd, error?: Error): void {
    if (!this.open.delete(stream.id)) return;
    this.#ended.set(stream.id, end);
    if (this.#ended.size > REMEMBERED_STREAMS) {
      const [oldest] = this.#ended.keys();
      this.#ended.delete(oldest!);
    }
    const complete = stream.remoteClosed;
    stream.remoteClosed = true;
    if (error !== undefined && !complete) stream.body.fail(error);
    stream.closeLocal();
    this.#events.streamGone(stream, error, complete);
  }

  /** Ends all streams without a word to the peer. */
  removeAll(error: Error): void {
    for (const stream of [...this.open.values()]) this.remove(stream, "reset", error);
  }

  /** Obeys new settings of the peer. */
  settingsChanged(): void {
    this.#encoder.setTableLimit(this.#peer.headerTableBytes);
    const change = this.#peer.initialWindowBytes - this.#initialWindowBytes;
    this.#initialWindowBytes = this.#peer.initialWindowBytes;
    if (change === 0) return;
    for (const stream of this.open.values()) {
      stream.sendWindowBytes += change;
      if (stream.sendWindowBytes > MAX_WINDOW_BYTES) {
        throw new Http2Error("connection", Code.FLOW_CONTROL_ERROR, "a window became too large");
      }
      this.output.schedule(stream);
    }
  }

  /** Gives credit back for bytes that no stream took. */
  returnConnectionCredit(sizeBytes: number): void {
    const increment = this.connectionWindow.giveBack(sizeBytes);
    if (increment > 0) this.output.control(frames.windowUpdateFrame(0, increment));
  }

  // StreamOwner

  returnCredit(stream: Http2Stream, sizeBytes: number): void {
    this.returnConnectionCredit(sizeBytes);
    if (stream.remoteClosed) return;
    const increment = stream.receiveWindow.giveBack(sizeBytes);
    if (increment > 0) this.output.control(frames.windowUpdateFrame(stream.id, increment));
  }

  cancelBody(stream: Http2Stream): void {
    this.reset(stream, Code.CANCEL, new ConnectionError("the rest of the message was not wanted"));
  }

  // OutputOwner

  sentEnd(stream: Http2Stream): void {
    if (stream.remoteClosed) this.remove(stream, "ended");
  }

  outputFailed(error: Error): void {
    this.#events.outputFailed(error);
  }
}
