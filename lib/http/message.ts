import type { Duplex } from "../duplex/mod.ts";
import type { HeaderField, HeaderFields } from "./header_fields.ts";
import type { IncomingBody } from "./incoming_body.ts";

/**
 * A body to send. Byte arrays are sent without copying and announced with `content-length`; they
 * must not change until they are released. Pieces of an iterable belong to the connection and must
 * not change at all; the next piece is asked for when the connection has room.
 */
export type OutgoingBody = Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** A request to send; over HTTP/1.1 and HTTP/2 alike. */
export interface HttpRequest {
  /** Method in upper case. */
  readonly method: string;
  /** Path and query as they go on the wire. */
  readonly path: string;
  /** Additional fields, names in lower case. */
  readonly headers?: Iterable<HeaderField>;
  readonly body?: OutgoingBody;
  /** Called once, when the memory of `body` is not looked at any more, whatever happened. */
  readonly released?: () => void;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

/** A response that arrived: its head, and its body to be read. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
}

/** A request that arrived at a server. */
export interface IncomingRequest {
  readonly httpVersion: "1.0" | "1.1" | "2";
  readonly method: string;
  /** The target as it was sent: path and query, or the absolute form. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
  /** Aborted when the client gave up the request or its connection ended. */
  readonly signal: AbortSignal;
}

/** The answer to a request. */
export interface OutgoingResponse {
  readonly status: number;
  /**
   * Fields, names in lower case; `content-length` is added where it is known. Who gives it with an
   * iterable gives exactly as many bytes, or fails.
   */
  readonly headers?: Iterable<HeaderField>;
  readonly body?: OutgoingBody;
  /** Called once, when the memory of `body` is not looked at any more, whatever happened. */
  readonly released?: () => void;
}

/** The answer that makes another protocol of the connection (spec: protocol.md §4.4). */
export interface UpgradeResponse {
  /** Value of the `upgrade` field in the 101 answer. */
  readonly upgrade: string;
  /** Runs the other protocol; the connection is closed when the promise settles. */
  readonly handOver: (duplex: Duplex) => Promise<void>;
}

/** Answers requests. What it throws becomes an empty 500. */
export type RequestHandler = (
  request: IncomingRequest,
) => Promise<OutgoingResponse | UpgradeResponse> | OutgoingResponse | UpgradeResponse;
