import { concatBytes } from "../bytes/mod.ts";
import { Http2Error } from "./http2_error.ts";
import { FrameFlag, Http2ErrorCode as Code } from "./http2_format.ts";
import { MAX_BUFFERED_FRAME_BYTES } from "./frame_reader.ts";

/** A header block whose last fragment has arrived. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  /** The block; valid until the next frame. */
  readonly bytes: Uint8Array;
  /** Whether its priority made the stream depend on itself (RFC 9113 §5.3.1 of old). */
  readonly dependsOnItself: boolean;
}

function connectionError(code: number, reason: string): Http2Error {
  return new Http2Error("connection", code, reason);
}

/** Joins HEADERS and its CONTINUATION frames; nothing may come between them. */
export class HeaderBlockAssembler {
  #streamId = 0;
  #endStream = false;
  #dependsOnItself = false;
  #parts: Uint8Array[] = [];
  #sizeBytes = 0;
  #open = false;

  /** Whether only a CONTINUATION may come now. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Takes a HEADERS frame.
   *
   * @returns The block if it is complete.
   * @throws {Http2Error} of scope `connection`.
   */
  headers(flags: number, streamId: number, payload: Uint8Array): HeaderBlock | undefined {
    if (streamId === 0) throw connectionError(Code.PROTOCOL_ERROR, "HEADERS on stream 0");
    let start = 0;
    let end = payload.length;
    if (flags & FrameFlag.PADDED) {
      if (end < 1) throw connectionError(Code.FRAME_SIZE_ERROR, "HEADERS without pad length");
      end -= payload[0]!;
      start = 1;
    }
    this.#dependsOnItself = false;
    if (flags & FrameFlag.PRIORITY) {
      this.#dependsOnItself = end - start >= 5 && readUint31(payload, start) === streamId;
      start += 5;
    }
    if (start > end) {
      throw connectionError(Code.PROTOCOL_ERROR, "HEADERS is shorter than its padding");
    }
    this.#streamId = streamId;
    this.#endStream = (flags & FrameFlag.END_STREAM) !== 0;
    this.#open = true;
    this.#sizeBytes = 0;
    return this.#add(flags, payload.subarray(start, end));
  }

  /** As {@linkcode headers}, for a CONTINUATION frame. */
  continuation(flags: number, streamId: number, payload: Uint8Array): HeaderBlock | undefined {
    if (!this.#open || this.#streamId !== streamId) {
      throw connectionError(Code.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    }
    return this.#add(flags, payload);
  }

  #add(flags: number, fragment: Uint8Array): HeaderBlock | undefined {
    this.#sizeBytes += fragment.length;
    if (this.#sizeBytes > MAX_BUFFERED_FRAME_BYTES) {
      throw connectionError(Code.ENHANCE_YOUR_CALM, "header block is too large");
    }
    if (!(flags & FrameFlag.END_HEADERS)) {
      this.#parts.push(fragment.slice());
      return undefined;
    }
    const bytes = this.#parts.length === 0 ? fragment : concatBytes([...this.#parts, fragment]);
    this.#parts = [];
    this.#open = false;
    return {
      streamId: this.#streamId,
      endStream: this.#endStream,
      bytes,
      dependsOnItself: this.#dependsOnItself,
    };
  }
}

/** A big-endian 32-bit number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>>
    0;
}

/** A big-endian 31-bit number whose top bit is reserved. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fffffff;
}
