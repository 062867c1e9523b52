import type { MinimumPace } from "../duplex/mod.ts";
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
} from "./http2_format.ts";

/** Settings and patience of an HTTP/2 connection. */
export interface Http2Options {
  /**
   * Bytes that a peer may send on one stream before it is read. Default 32 MiB, at least 64 KiB - 1.
   */
  readonly streamWindowBytes?: number;
  /** Bytes that a peer may send on all streams together before it is read. Default 64 MiB. */
  readonly connectionWindowBytes?: number;
  /** Largest frame payload we take. Default 4 MiB (spec: protocol.md §4.5). */
  readonly maxFrameBytes?: number;
  /** Requests a client may have open with this server. Default 200. */
  readonly maxConcurrentStreams?: number;
  /** Largest header list we take. Default 16 KiB as a server, 64 KiB as a client. */
  readonly maxHeaderListBytes?: number;
  /** A connection on which no request was open for this long is ended. Default: never. */
  readonly idleTimeoutMs?: number;
  /**
   * While requests are open and nothing arrives for this long, the peer is pinged; after as long
   * again without a byte from it the connection has failed. Default: never.
   */
  readonly stallTimeoutMs?: number;
  /**
   * Least pace at which the peer has to send bodies that it has begun, while our windows let it.
   * Slower connections are ended. Default: no limit.
   */
  readonly receivePace?: MinimumPace;
  /** Least pace at which the peer has to take bodies that we send. Default: no limit. */
  readonly sendPace?: MinimumPace;
}

/** {@linkcode Http2Options} with every number settled. */
export interface SettledHttp2Options {
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly maxConcurrentStreams: number;
  readonly maxHeaderListBytes: number;
  readonly idleTimeoutMs: number | undefined;
  readonly stallTimeoutMs: number | undefined;
  readonly receivePace: MinimumPace | undefined;
  readonly sendPace: MinimumPace | undefined;
}

/**
 * Fills in defaults and keeps numbers within what the protocol can express.
 *
 * @param options As given by the application.
 * @param role Which end we are.
 */
export function settleHttp2Options(
  options: Http2Options,
  role: "client" | "server",
): SettledHttp2Options {
  const within = (value: number, least: number, most: number) =>
    Math.min(Math.max(Math.floor(value), least), most);
  return {
    // Not below the default: the peer may use that until it has seen our settings.
    streamWindowBytes: within(
      options.streamWindowBytes ?? 32 << 20,
      DEFAULT_WINDOW_BYTES,
      MAX_WINDOW_BYTES,
    ),
    connectionWindowBytes: within(
      options.connectionWindowBytes ?? 64 << 20,
      DEFAULT_WINDOW_BYTES,
      MAX_WINDOW_BYTES,
    ),
    maxFrameBytes: within(options.maxFrameBytes ?? 4 << 20, DEFAULT_FRAME_BYTES, MAX_FRAME_BYTES),
    maxConcurrentStreams: within(options.maxConcurrentStreams ?? 200, 1, 100_000),
    maxHeaderListBytes: within(
      options.maxHeaderListBytes ?? (role === "server" ? 16 << 10 : 64 << 10),
      1024,
      1 << 20,
    ),
    idleTimeoutMs: options.idleTimeoutMs,
    stallTimeoutMs: options.stallTimeoutMs,
    receivePace: options.receivePace,
    sendPace: options.sendPace,
  };
}
