import { Http2Error } from "./http2_error.ts";
import {
  DEFAULT_FRAME_BYTES,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  Http2ErrorCode,
} from "./http2_format.ts";

/**
 * Receiver of what a {@linkcode FrameReader} finds. DATA comes in pieces as it arrived, so that a
 * frame of megabytes needs no memory of its own.
 */
export interface FrameHandler {
  /** A complete frame of a known type other than DATA; `payload` is valid during the call only. */
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void;
  /** A frame of an unknown type begins; its payload is skipped. */
  unknownFrame(type: number, streamId: number): void;
  /** A DATA frame begins; `lengthBytes` counts for flow control and includes the padding. */
  dataStart(streamId: number, flags: number, lengthBytes: number): void;
  /** Bytes of the body, without padding; they belong to the handler. */
  data(streamId: number, bytes: Uint8Array): void;
  /** The DATA frame is complete; `paddingBytes` includes the pad-length byte. */
  dataEnd(streamId: number, flags: number, paddingBytes: number): void;
}

/** A header block must fit into this much, a whole frame other than DATA as well. */
export const MAX_BUFFERED_FRAME_BYTES = 256 * 1024;

/** Splits a byte stream into HTTP/2 frames, whatever pieces it arrives in. */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #maxFrameBytes: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #inFrame = false;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Payload bytes of the current frame still to come. */
  #remaining = 0;
  /** Payload collected so far, where it came in pieces. */
  #collected: Uint8Array | undefined;
  #collectedBytes = 0;
  #padLengthPending = false;
  #padding = 0;
  #paddingTotal = 0;

  /**
   * @param handler Told of every frame.
   * @param maxFrameBytes The SETTINGS_MAX_FRAME_SIZE we announced.
   */
  constructor(handler: FrameHandler, maxFrameBytes: number = DEFAULT_FRAME_BYTES) {
    this.#handler = handler;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Whether the stream could end here without cutting a frame. */
  get atBoundary(): boolean {
    return !this.#inFrame && this.#headerBytes === 0;
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @throws {Http2Error} of scope `connection` on a malformed frame, or what the handler throws.
   */
  feed(bytes: Uint8Array): void {
    let offset = 0;
    while (true) {
      if (!this.#inFrame) {
        const left = bytes.length - offset;
        if (left === 0) return;
        if (this.#headerBytes === 0 && left >= FRAME_HEADER_BYTES) {
          this.#start(bytes, offset);
          offset += FRAME_HEADER_BYTES;
        } else {
          const take = Math.min(left, FRAME_HEADER_BYTES - this.#headerBytes);
          this.#header.set(bytes.subarray(offset, offset + take), this.#headerBytes);
          this.#headerBytes += take;
          offset += take;
          if (this.#headerBytes < FRAME_HEADER_BYTES) return;
          this.#headerBytes = 0;
          this.#start(this.#header, 0);
        }
      }
      const take = Math.min(bytes.length - offset, this.#remaining);
      const payload = bytes.subarray(offset, offset + take);
      offset += take;
      this.#remaining -= take;
      if (this.#type === FrameType.DATA) this.#data(payload);
      else if (this.#type <= FrameType.CONTINUATION) this.#collect(payload);
      if (this.#remaining > 0) return;
      this.#finish();
    }
  }

  #start(header: Uint8Array, at: number): void {
    const length = (header[at]! << 16) | (header[at + 1]! << 8) | header[at + 2]!;
    this.#type = header[at + 3]!;
    this.#flags = header[at + 4]!;
    this.#streamId = ((header[at + 5]! & 0x7f) << 24) | (header[at + 6]! << 16) |
      (header[at + 7]! << 8) | header[at + 8]!;
    if (length > this.#maxFrameBytes) {
      throw new Http2Error(
        "connection",
        Http2ErrorCode.FRAME_SIZE_ERROR,
        `frame of ${length} bytes, ${this.#maxFrameBytes} are allowed`,
      );
    }
    this.#inFrame = true;
    this.#remaining = length;
    this.#collected = undefined;
    this.#collectedBytes = 0;
    if (this.#type === FrameType.DATA) {
      this.#padLengthPending = (this.#flags & FrameFlag.PADDED) !== 0;
      this.#padding = 0;
      this.#paddingTotal = 0;
      if (this.#padLengthPending && length === 0) {
        throw new Http2Error(
          "connection",
          Http2ErrorCode.FRAME_SIZE_ERROR,
          "padded DATA frame without pad length",
        );
      }
      this.#handler.dataStart(this.#streamId, this.#flags, length);
    } else if (this.#type > FrameType.CONTINUATION) {
      this.#handler.unknownFrame(this.#type, this.#streamId);
    } else if (length > MAX_BUFFERED_FRAME_BYTES) {
      throw new Http2Error(
        "connection",
        Http2ErrorCode.ENHANCE_YOUR_CALM,
        `frame of type ${this.#type} has ${length} bytes`,
      );
    }
  }

  #data(payload: Uint8Array): void {
    if (this.#padLengthPending && payload.length > 0) {
      this.#padding = payload[0]!;
      this.#paddingTotal = this.#padding + 1;
      this.#padLengthPending = false;
      payload = payload.subarray(1);
      if (this.#padding > payload.length + this.#remaining) {
        throw new Http2Error(
          "connection",
          Http2ErrorCode.PROTOCOL_ERROR,
          "padding is longer than its frame",
        );
      }
    }
    const body = payload.length + this.#remaining - this.#padding;
    if (body < payload.length) payload = payload.subarray(0, Math.max(0, body));
    if (payload.length > 0) this.#handler.data(this.#streamId, payload);
  }

  #collect(payload: Uint8Array): void {
    if (this.#collected === undefined) {
      if (this.#remaining === 0) {
        this.#collected = payload;
        return;
      }
      // The length was checked against MAX_BUFFERED_FRAME_BYTES in #start.
      this.#collected = new Uint8Array(payload.length + this.#remaining);
    }
    this.#collected.set(payload, this.#collectedBytes);
    this.#collectedBytes += payload.length;
  }

  #finish(): void {
    this.#inFrame = false;
    if (this.#type === FrameType.DATA) {
      this.#handler.dataEnd(this.#streamId, this.#flags, this.#paddingTotal);
    } else if (this.#type <= FrameType.CONTINUATION) {
      const payload = this.#collected!;
      this.#collected = undefined;
      this.#handler.frame(this.#type, this.#flags, this.#streamId, payload);
    }
  }
}
