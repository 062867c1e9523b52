import {
  type HeaderField,
  type IncomingRequest,
  knownLength,
  type OutgoingResponse,
  type RequestHandler,
  type UpgradeResponse,
} from "../http/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import { announcedLength, checkTrailers, parseRequestHead } from "./_header_rules.ts";
import { Http2Connection } from "./_http2_connection.ts";
import type { Http2Stream } from "./_http2_stream.ts";
import type { DecodedHeaders } from "./hpack_decoder.ts";
import { Http2Error } from "./http2_error.ts";
import { HTTP2_PREFACE, Http2ErrorCode as Code, SettingId } from "./http2_format.ts";
import type { Http2Options } from "./http2_options.ts";

const PREFACE = new TextEncoder().encode(HTTP2_PREFACE);

/** Handlers that may run per stream that may be open: those of reset streams take time to notice. */
const RUNNING_PER_STREAM = 4;

/**
 * The server's end of an HTTP/2 connection: answers requests with a handler.
 *
 * Handlers count until they return, also if the client has reset their streams long before, so that
 * opening and resetting does not start work without end.
 */
export class Http2Server extends Http2Connection {
  readonly #handler: RequestHandler;
  readonly #aborts = new Map<Http2Stream, AbortController>();
  #prefaceBytes = 0;
  /** Handlers that are running, those of streams that are gone included. */
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param duplex Where the client's preface is expected next; owned from now on.
   * @param handler Called for every request, many at a time.
   * @param options Windows, limits and patience.
   */
  constructor(duplex: Duplex, handler: RequestHandler, options: Http2Options = {}) {
    super(duplex, "server", options);
    this.#handler = handler;
    this.start(undefined, [
      [SettingId.MAX_CONCURRENT_STREAMS, this.options.maxConcurrentStreams],
      [SettingId.MAX_HEADER_LIST_SIZE, this.options.maxHeaderListBytes],
    ]);
  }

  /** Takes no new requests, answers the open ones, ends the connection. */
  async shutdown(): Promise<void> {
    if (this.failure !== undefined) return;
    this.sendGoaway(Code.NO_ERROR, "shutting down");
    while ((this.table.open.size > 0 || this.#running > 0) && this.failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.failure === undefined) await this.finish();
  }

  protected override takePreface(bytes: Uint8Array): Uint8Array {
    if (this.#prefaceBytes === PREFACE.length) return bytes;
    const size = Math.min(bytes.length, PREFACE.length - this.#prefaceBytes);
    for (let i = 0; i < size; i++) {
      if (bytes[i] !== PREFACE[this.#prefaceBytes + i]) {
        throw new Http2Error("connection", Code.PROTOCOL_ERROR, "no HTTP/2 preface");
      }
    }
    this.#prefaceBytes += size;
    return bytes.subarray(size);
  }

  /** @internal */
  override headersComplete(
    streamId: number,
    headers: DecodedHeaders,
    endStream: boolean,
  ): void {
    const known = this.table.open.get(streamId);
    if (known !== undefined) {
      if (!endStream) {
        throw new Http2Error("stream", Code.PROTOCOL_ERROR, "trailers without end of stream");
      }
      if (!headers.tooLarge) checkTrailers(headers.fields);
      this.endReceived(known);
      return;
    }
    if (streamId % 2 === 0) {
      throw new Http2Error("connection", Code.PROTOCOL_ERROR, `request on stream ${streamId}`);
    }
    this.table.lastPeerId = streamId;
    if (this.failure !== undefined) return;
    if (this.draining) {
      throw new Http2Error("stream", Code.REFUSED_STREAM, "the server is shutting down");
    }
    const { maxConcurrentStreams } = this.options;
    const mostRunning = maxConcurrentStreams * RUNNING_PER_STREAM;
    if (this.table.open.size >= maxConcurrentStreams || this.#running >= mostRunning) {
      throw new Http2Error("stream", Code.REFUSED_STREAM, "too many requests at once");
    }
    const head = headers.tooLarge ? undefined : parseRequestHead(headers.fields);
    const length = head && announcedLength(head.headers);
    const stream = this.table.add(streamId);
    stream.headersReceived = true;
    stream.body.lengthBytes = length;
    if (endStream) this.endReceived(stream);
    if (!this.table.open.has(streamId)) return;
    if (head === undefined) {
      // spec: protocol.md §3.2: 431 with an empty body, and only this stream fails.
      this.table.sendHeaders(stream, [[":status", "431"]], true);
      stream.body.forget();
      return;
    }
    const abort = new AbortController();
    this.#aborts.set(stream, abort);
    const { signal } = abort;
    this.#answer(stream, { httpVersion: "2", ...head, body: stream.body, signal });
  }

  async #answer(stream: Http2Stream, request: IncomingRequest): Promise<void> {
    this.#running++;
    try {
      let response: OutgoingResponse | UpgradeResponse;
      try {
        response = await this.#handler(request);
      } catch {
        response = { status: 500 };
      }
      if ("upgrade" in response) response = { status: 400 };
      await this.#respond(stream, request.method, response);
    } finally {
      this.#running--;
      this.wake();
    }
  }

  async #respond(
    stream: Http2Stream,
    method: string,
    response: OutgoingResponse,
  ): Promise<void> {
    stream.whenReleased(response.released);
    if (stream.localClosed) {
      if (response.body !== undefined && Symbol.asyncIterator in response.body) {
        await response.body[Symbol.asyncIterator]().return?.();
      }
      return;
    }
    const { status, body } = response;
    const fields: HeaderField[] = [[":status", `${status}`], ...response.headers ?? []];
    const length = knownLength(body);
    if (length !== undefined && !fields.some(([name]) => name === "content-length")) {
      if (status !== 204 && status !== 304) fields.push(["content-length", `${length}`]);
    }
    const empty = body === undefined || length === 0 || method === "HEAD";
    try {
      this.table.sendHeaders(stream, fields, empty);
      // What the handler did not read is of no use any more, but the client may still send it:
      // its credit is returned (spec: protocol.md §4.5).
      if (!stream.remoteClosed && empty) stream.body.forget();
      if (!empty) {
        await this.table.sendBody(stream, body);
        if (!stream.remoteClosed) stream.body.forget();
      }
    } catch (error) {
      this.table.reset(stream, Code.INTERNAL_ERROR, error as Error);
    }
  }

  /** @internal */
  override goawayReceived(): void {
    // The client makes no new requests; open ones are answered, and the end comes from the client.
  }

  /** @internal */
  override streamGone(stream: Http2Stream, error: Error | undefined, complete: boolean): void {
    if (error !== undefined) this.#aborts.get(stream)?.abort(error);
    this.#aborts.delete(stream);
    super.streamGone(stream, error, complete);
  }

  /** @internal */
  override settingsChanged(): void {}

  /** @internal */
  override messageComplete(): void {}

  protected override wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
