import { readUint32 } from "./_header_block.ts";
import { HPACK_DEFAULT_TABLE_BYTES } from "./hpack_table.ts";
import { Http2Error } from "./http2_error.ts";
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  Http2ErrorCode as Code,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  SettingId,
} from "./http2_format.ts";

/** Settings that the peer has announced, starting from the protocol's defaults. */
export class PeerSettings {
  /** Whether a SETTINGS frame has arrived. */
  received = false;
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;
  maxFrameBytes: number = DEFAULT_FRAME_BYTES;
  maxConcurrentStreams = Infinity;
  headerTableBytes: number = HPACK_DEFAULT_TABLE_BYTES;
  readonly #role: "client" | "server";

  /** @param role Ours; a server takes other settings than a client. */
  constructor(role: "client" | "server") {
    this.#role = role;
  }

  /**
   * Takes the payload of a SETTINGS frame.
   *
   * @throws {Http2Error} of scope `connection` if a value is not allowed.
   */
  apply(payload: Uint8Array): void {
    if (payload.length % 6 !== 0) {
      throw new Http2Error("connection", Code.FRAME_SIZE_ERROR, "SETTINGS of a wrong length");
    }
    for (let at = 0; at < payload.length; at += 6) {
      this.#set((payload[at]! << 8) | payload[at + 1]!, readUint32(payload, at + 2));
    }
    this.received = true;
  }

  #set(id: number, value: number): void {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.headerTableBytes = value;
        return;
      case SettingId.ENABLE_PUSH:
        if (value > (this.#role === "server" ? 1 : 0)) this.#refuse("push setting", value);
        return;
      case SettingId.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        return;
      case SettingId.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW_BYTES) {
          this.#refuse("initial window", value, Code.FLOW_CONTROL_ERROR);
        }
        this.initialWindowBytes = value;
        return;
      case SettingId.MAX_FRAME_SIZE:
        if (value < DEFAULT_FRAME_BYTES || value > MAX_FRAME_BYTES) {
          this.#refuse("maximum frame size", value);
        }
        this.maxFrameBytes = value;
        return;
    }
  }

  #refuse(what: string, value: number, code: number = Code.PROTOCOL_ERROR): never {
    throw new Http2Error("connection", code, `${what} ${value} is not allowed`);
  }
}
