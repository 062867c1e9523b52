import { CorruptDataError } from "../errors/mod.ts";
import type { FloodGuard } from "./_flood_guard.ts";
import { type HeaderBlock, HeaderBlockAssembler, readUint31, readUint32 } from "./_header_block.ts";
import type { Http2Stream } from "./_http2_stream.ts";
import type { PeerSettings } from "./_peer_settings.ts";
import type { StreamTable } from "./_stream_table.ts";
import type { FrameHandler } from "./frame_reader.ts";
import * as frames from "./frame_writer.ts";
import { type DecodedHeaders, HeaderListTooLargeError, HpackDecoder } from "./hpack_decoder.ts";
import { Http2Error } from "./http2_error.ts";
import { FrameFlag, FrameType, Http2ErrorCode as Code, MAX_WINDOW_BYTES } from "./http2_format.ts";

/** Bytes sent that let the peer send a WINDOW_UPDATE; one has 13 bytes itself. */
const BYTES_PER_WINDOW_UPDATE = 1024;
/** As many more for each stream: a peer may open the windows of its requests one by one. */
const WINDOW_UPDATES_PER_STREAM = 4;
/** Fragments of header blocks that are shorter and not the last are none that anybody needs. */
const SMALL_FRAGMENT_BYTES = 1024;
/** A header list that is so many times larger than what we announced ends the connection. */
const HOPELESS_LIST_FACTOR = 16;

/** Events of received frames, which the two roles treat differently. */
export interface ReceiverEvents {
  /** A header list on an open stream, or on one that the peer opens with it. */
  headersComplete(streamId: number, headers: DecodedHeaders, endStream: boolean): void;
  /** The peer's message on this stream is complete. */
  messageComplete(stream: Http2Stream): void;
  goawayReceived(lastStreamId: number, error: Http2Error): void;
  settingsChanged(): void;
  pingAnswered(number: number): void;
}

function connectionError(code: number, reason: string): Http2Error {
  return new Http2Error("connection", code, reason);
}

/** Parts of a connection that frames are passed on to. */
export interface ReceiverParts {
  readonly role: "client" | "server";
  readonly table: StreamTable;
  readonly peer: PeerSettings;
  readonly guard: FloodGuard;
  readonly maxHeaderListBytes: number;
  readonly events: ReceiverEvents;
}

/**
 * The rules of RFC 9113 §5 and §6 for frames that arrive.
 *
 * Errors of scope `connection` are thrown, through the frame reader, to the connection's read loop;
 * those of scope `stream` become RST_STREAM here.
 */
export class FrameReceiver implements FrameHandler {
  readonly #role: "client" | "server";
  readonly #table: StreamTable;
  readonly #peer: PeerSettings;
  readonly #events: ReceiverEvents;
  readonly #guard: FloodGuard;
  readonly #decoder: HpackDecoder;
  readonly #assembler = new HeaderBlockAssembler();
  /** Stream that the current DATA frame goes to; `undefined` if none. */
  #dataStream: Http2Stream | undefined;
  #windowUpdates = 0;

  constructor({ role, table, peer, guard, maxHeaderListBytes, events }: ReceiverParts) {
    this.#role = role;
    this.#table = table;
    this.#peer = peer;
    this.#guard = guard;
    this.#events = events;
    this.#decoder = new HpackDecoder({
      listLimitBytes: maxHeaderListBytes,
      hopelessListBytes: HOPELESS_LIST_FACTOR * maxHeaderListBytes,
    });
  }

  unknownFrame(type: number, streamId: number): void {
    this.#checkOrder(type, streamId);
    this.#guard.note("frames of unknown types");
  }

  dataStart(streamId: number, flags: number, lengthBytes: number): void {
    this.#checkOrder(FrameType.DATA, streamId);
    if (streamId === 0) throw connectionError(Code.PROTOCOL_ERROR, "DATA on stream 0");
    if (!this.#table.connectionWindow.take(lengthBytes)) {
      throw connectionError(Code.FLOW_CONTROL_ERROR, "more DATA than the connection's window");
    }
    this.#dataStream = undefined;
    if (lengthBytes === 0 && !(flags & FrameFlag.END_STREAM)) this.#guard.note("empty frames");
    const stream = this.#table.open.get(streamId);
    if (stream === undefined || stream.remoteClosed) {
      this.#lateFrame(streamId, stream, FrameType.DATA);
    } else if (!stream.headersReceived) {
      this.#resetBad(stream, Code.PROTOCOL_ERROR, "DATA before the headers");
    } else if (!stream.receiveWindow.take(lengthBytes)) {
      this.#resetBad(stream, Code.FLOW_CONTROL_ERROR, "more DATA than the stream's window");
    } else this.#dataStream = stream;
  }

  data(_streamId: number, bytes: Uint8Array): void {
    const stream = this.#dataStream;
    this.#table.receivedBytes += bytes.length;
    if (stream === undefined || stream.remoteClosed) {
      this.#table.returnConnectionCredit(bytes.length);
      return;
    }
    stream.receivedBytes += bytes.length;
    if (stream.receivedBytes > (stream.body.lengthBytes ?? Infinity)) {
      this.#table.returnConnectionCredit(bytes.length);
      this.#resetBad(stream, Code.PROTOCOL_ERROR, "body is longer than its content-length");
    } else stream.body.push(bytes);
  }

  dataEnd(_streamId: number, flags: number, paddingBytes: number): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined || stream.remoteClosed) {
      this.#table.returnConnectionCredit(paddingBytes);
      return;
    }
    if (paddingBytes > 0) this.#table.returnCredit(stream, paddingBytes);
    if (flags & FrameFlag.END_STREAM) this.endReceived(stream);
  }

  /** The peer has sent END_STREAM: its message is complete unless bytes are missing. */
  endReceived(stream: Http2Stream): void {
    if (stream.receivedBytes < (stream.body.lengthBytes ?? 0)) {
      this.#resetBad(stream, Code.PROTOCOL_ERROR, "body is shorter than its content-length");
      return;
    }
    stream.remoteClosed = true;
    stream.body.end();
    if (stream.localClosed) this.#table.remove(stream, "ended");
    else this.#events.messageComplete(stream);
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.#checkOrder(type, streamId);
    switch (type) {
      case FrameType.HEADERS:
        return this.#headerBlock(this.#assembler.headers(flags, streamId, payload));
      case FrameType.CONTINUATION:
        if (payload.length < SMALL_FRAGMENT_BYTES) this.#guard.note("small header fragments");
        return this.#headerBlock(this.#assembler.continuation(flags, streamId, payload));
      case FrameType.PRIORITY:
        return this.#priority(streamId, payload);
      case FrameType.RST_STREAM:
        return this.#rstStream(streamId, payload);
      case FrameType.SETTINGS:
        return this.#settings(flags, streamId, payload);
      case FrameType.PUSH_PROMISE:
        throw connectionError(Code.PROTOCOL_ERROR, "PUSH_PROMISE although push is off");
      case FrameType.PING:
        return this.#ping(flags, streamId, payload);
      case FrameType.GOAWAY:
        return this.#goaway(streamId, payload);
      case FrameType.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, payload);
    }
  }

  #checkOrder(type: number, streamId: number): void {
    if (this.#assembler.open && type !== FrameType.CONTINUATION) {
      throw connectionError(
        Code.PROTOCOL_ERROR,
        `frame of type ${type} on stream ${streamId} inside a header block`,
      );
    }
    if (!this.#peer.received && type !== FrameType.SETTINGS) {
      throw connectionError(Code.PROTOCOL_ERROR, "the first frame is not SETTINGS");
    }
  }

  #headerBlock(block: HeaderBlock | undefined): void {
    if (block === undefined) return;
    const { streamId } = block;
    let headers: DecodedHeaders;
    try {
      headers = this.#decoder.decode(block.bytes);
    } catch (cause) {
      if (cause instanceof HeaderListTooLargeError) {
        throw new Http2Error("connection", Code.ENHANCE_YOUR_CALM, cause.message, { cause });
      }
      if (!(cause instanceof CorruptDataError)) throw cause;
      throw new Http2Error("connection", Code.COMPRESSION_ERROR, cause.message, { cause });
    }
    if (headers.tooLarge) this.#guard.note("header lists that are too large");
    const stream = this.#table.open.get(streamId);
    if (stream === undefined ? this.#isClosed(streamId) : stream.remoteClosed) {
      this.#lateFrame(streamId, stream, FrameType.HEADERS);
      return;
    }
    try {
      this.#events.headersComplete(streamId, headers, block.endStream);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.scope === "connection") throw error;
      this.#guard.note("malformed messages");
      const open = this.#table.open.get(streamId);
      if (open !== undefined) this.#table.reset(open, error.code, error);
      else this.#table.output.control(frames.rstStreamFrame(streamId, error.code));
      return;
    }
    if (block.dependsOnItself) this.#dependsOnItself(streamId);
  }

  #priority(streamId: number, payload: Uint8Array): void {
    if (streamId === 0) throw connectionError(Code.PROTOCOL_ERROR, "PRIORITY on stream 0");
    this.#guard.note("priorities");
    if (payload.length !== 5) {
      const stream = this.#table.open.get(streamId);
      if (stream !== undefined) {
        this.#resetBad(stream, Code.FRAME_SIZE_ERROR, "PRIORITY of a wrong length");
      } else this.#table.output.control(frames.rstStreamFrame(streamId, Code.FRAME_SIZE_ERROR));
    } else if (readUint31(payload, 0) === streamId) this.#dependsOnItself(streamId);
  }

  #dependsOnItself(streamId: number): void {
    const stream = this.#table.open.get(streamId);
    if (stream !== undefined) {
      this.#resetBad(stream, Code.PROTOCOL_ERROR, "stream depends on itself");
    } else this.#table.output.control(frames.rstStreamFrame(streamId, Code.PROTOCOL_ERROR));
  }

  #rstStream(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) {
      throw connectionError(Code.FRAME_SIZE_ERROR, "RST_STREAM of a wrong length");
    }
    const stream = this.#openOrClosed(streamId, "RST_STREAM");
    // A server may refuse as many requests as we make, but each only once.
    if (this.#role === "server" || stream === undefined) this.#guard.note("resets");
    if (stream === undefined) return;
    const code = readUint32(payload, 0);
    this.#table.remove(
      stream,
      "peer-reset",
      new Http2Error("stream", code, "the peer ended the stream"),
    );
  }

  #settings(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw connectionError(Code.PROTOCOL_ERROR, "SETTINGS on a stream");
    if (flags & FrameFlag.ACK) {
      if (payload.length > 0) {
        throw connectionError(Code.FRAME_SIZE_ERROR, "SETTINGS acknowledgement with a payload");
      }
      if (!this.#peer.received) {
        throw connectionError(Code.PROTOCOL_ERROR, "the first frame is not SETTINGS");
      }
      this.#guard.note("acknowledgements");
      return;
    }
    this.#guard.note("settings");
    this.#peer.apply(payload);
    this.#table.settingsChanged();
    this.#table.output.control(frames.settingsAckFrame());
    this.#events.settingsChanged();
  }

  #ping(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw connectionError(Code.PROTOCOL_ERROR, "PING on a stream");
    if (payload.length !== 8) {
      throw connectionError(Code.FRAME_SIZE_ERROR, "PING of a wrong length");
    }
    if (flags & FrameFlag.ACK) {
      this.#guard.note("acknowledgements");
      this.#events.pingAnswered(readUint32(payload, 4));
      return;
    }
    this.#guard.note("pings");
    this.#table.output.control(frames.pingFrame(payload, true));
  }

  #goaway(streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw connectionError(Code.PROTOCOL_ERROR, "GOAWAY on a stream");
    if (payload.length < 8) throw connectionError(Code.FRAME_SIZE_ERROR, "GOAWAY is too short");
    this.#guard.note("farewells");
    const text = new TextDecoder().decode(payload.subarray(8, 208));
    // deno-lint-ignore no-control-regex
    const reason = text.replace(/[\x00-\x1f\x7f]/g, " ") || "the peer ends the connection";
    this.#events.goawayReceived(
      readUint31(payload, 0),
      new Http2Error("connection", readUint32(payload, 4), reason),
    );
  }

  #windowUpdate(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) {
      throw connectionError(Code.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong length");
    }
    this.#noteWindowUpdate();
    const increment = readUint31(payload, 0);
    if (streamId === 0) {
      if (increment === 0) throw connectionError(Code.PROTOCOL_ERROR, "window update of 0");
      this.#table.connectionSendWindowBytes += increment;
      if (this.#table.connectionSendWindowBytes > MAX_WINDOW_BYTES) {
        throw connectionError(Code.FLOW_CONTROL_ERROR, "the connection's window became too large");
      }
      this.#table.output.plan();
      return;
    }
    const stream = this.#openOrClosed(streamId, "WINDOW_UPDATE");
    if (stream === undefined) return;
    stream.sendWindowBytes += increment;
    if (increment === 0) {
      this.#resetBad(stream, Code.PROTOCOL_ERROR, "window update of 0");
    } else if (stream.sendWindowBytes > MAX_WINDOW_BYTES) {
      this.#resetBad(stream, Code.FLOW_CONTROL_ERROR, "the window became too large");
    } else this.#table.output.schedule(stream);
  }

  /** Window updates are paid for by what was sent; those beyond that are a flood. */
  #noteWindowUpdate(): void {
    const { opened, output } = this.#table;
    const paid = WINDOW_UPDATES_PER_STREAM * opened + output.takenBytes / BYTES_PER_WINDOW_UPDATE;
    if (++this.#windowUpdates > paid) this.#guard.note("window updates");
  }

  /** The stream if it is open, `undefined` if it was. @throws {Http2Error} if it is idle. */
  #openOrClosed(streamId: number, what: string): Http2Stream | undefined {
    const stream = this.#table.open.get(streamId);
    if (stream === undefined && !this.#isClosed(streamId)) {
      throw connectionError(Code.PROTOCOL_ERROR, `${what} on idle stream ${streamId}`);
    }
    return stream;
  }

  /** Whether a stream that is not open was once, or was passed over, rather than idle. */
  #isClosed(streamId: number): boolean {
    const isOwn = streamId % 2 === (this.#role === "client" ? 1 : 0);
    return streamId > 0 && streamId <= (isOwn ? this.#table.lastOwnId : this.#table.lastPeerId);
  }

  /** DATA or HEADERS after the end of a stream (RFC 9113 §5.1). */
  #lateFrame(streamId: number, stream: Http2Stream | undefined, type: number): void {
    if (stream !== undefined) {
      this.#resetBad(stream, Code.STREAM_CLOSED, "frame after the end of the stream");
      return;
    }
    if (!this.#isClosed(streamId)) {
      throw connectionError(Code.PROTOCOL_ERROR, `frame of type ${type} on an idle stream`);
    }
    switch (this.#table.endOf(streamId)) {
      case "reset":
        // The peer had not seen our reset when it sent this.
        if (type === FrameType.HEADERS) this.#guard.note("headers on closed streams");
        return;
      case "peer-reset":
        this.#guard.note("frames on closed streams");
        this.#table.output.control(frames.rstStreamFrame(streamId, Code.STREAM_CLOSED));
        return;
      case "ended":
        throw connectionError(Code.STREAM_CLOSED, "frame after the end of the stream");
      case undefined:
        throw connectionError(Code.PROTOCOL_ERROR, "frame on a stream that was never opened");
    }
  }

  #resetBad(stream: Http2Stream, code: number, reason: string): void {
    this.#guard.note("malformed messages");
    this.#table.reset(stream, code, new Http2Error("stream", code, reason));
  }
}
