import { CancelledError, ConnectionError } from "../errors/mod.ts";
import { type HeaderField, type HttpRequest, type HttpResponse, knownLength } from "../http/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import { announcedLength, checkTrailers, parseResponseHead } from "./_header_rules.ts";
import { Http2Connection } from "./_http2_connection.ts";
import type { Http2Stream } from "./_http2_stream.ts";
import type { DecodedHeaders } from "./hpack_decoder.ts";
import { Http2Error } from "./http2_error.ts";
import { HTTP2_PREFACE, Http2ErrorCode as Code, MAX_STREAM_ID, SettingId } from "./http2_format.ts";
import type { Http2Options } from "./http2_options.ts";

/** Requests that are opened before the server's settings are known (spec: protocol.md §4.5). */
const STREAMS_BEFORE_SETTINGS = 100;

interface PendingRequest {
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: Error) => void;
  readonly method: string;
  readonly cleanUp: () => void;
}

/**
 * The client's end of an HTTP/2 connection.
 *
 * It speaks as soon as it is made, without waiting for the server (prior knowledge), which is what
 * follows the 101 answer of an upgrade (spec: protocol.md §4.4).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memoryDuplexPair } from "../duplex/mod.ts";
 * import { Http2Server } from "./http2_server.ts";
 * const [left, right] = memoryDuplexPair();
 * new Http2Server(right, () => ({ status: 200, body: new TextEncoder().encode("hello") }));
 * const client = new Http2Client(left);
 * const response = await client.request({ method: "GET", path: "/" });
 * assertEquals(await response.body.text(100), "hello");
 * await client.close();
 * ```
 */
export class Http2Client extends Http2Connection {
  readonly #requests = new Map<Http2Stream, PendingRequest>();
  /** Those that wait for a free stream, in order. */
  readonly #waiting: (() => void)[] = [];
  readonly #origin: readonly HeaderField[];
  #nextStreamId = 1;

  /**
   * @param duplex Where the server waits for the preface; owned from now on.
   * @param options Windows and patience; `authority` is what goes into `:authority`.
   */
  constructor(duplex: Duplex, options: Http2Options & { authority?: string } = {}) {
    super(duplex, "client", options);
    this.#origin = [[":scheme", "https"], [":authority", options.authority ?? "localhost"]];
    this.start(new TextEncoder().encode(HTTP2_PREFACE), [[SettingId.ENABLE_PUSH, 0]]);
  }

  /** Whether new requests can be made. */
  get usable(): boolean {
    return !this.draining && this.failure === undefined;
  }

  /**
   * Sends a request; waits for a free stream if the server's limit is reached.
   *
   * @returns The response once its head is there. Its body must be read or cancelled.
   * @throws {ConnectionError} if the connection or the stream ended before.
   * @throws {CancelledError} if the signal was aborted.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    let stream: Http2Stream;
    try {
      stream = await this.#openWhenFree(request.signal);
    } catch (error) {
      request.released?.();
      throw error;
    }
    return await new Promise<HttpResponse>((resolve, reject) => {
      const { signal } = request;
      const onAbort = () => this.table.reset(stream, Code.CANCEL, cancelled(signal));
      signal?.addEventListener("abort", onAbort);
      const cleanUp = () => signal?.removeEventListener("abort", onAbort);
      this.#requests.set(stream, { resolve, reject, method: request.method, cleanUp });
      stream.whenReleased(request.released);
      try {
        this.#send(stream, request);
      } catch (error) {
        this.table.reset(stream, Code.INTERNAL_ERROR, error as Error);
      }
    });
  }

  /** No new requests; waits for the open ones and ends the connection. */
  async close(): Promise<void> {
    if (this.failure !== undefined) return;
    if (!this.draining) this.sendGoaway(Code.NO_ERROR, "");
    while (this.#requests.size > 0 && this.failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.failure === undefined) await this.finish();
  }

  async #openWhenFree(signal: AbortSignal | undefined): Promise<Http2Stream> {
    while (true) {
      if (signal?.aborted) throw cancelled(signal);
      if (this.failure !== undefined) throw this.failure;
      if (this.draining) throw new ConnectionError("the server takes no more requests");
      const limit = this.peer.received ? this.peer.maxConcurrentStreams : STREAMS_BEFORE_SETTINGS;
      // In the same turn, or several that waited would all take the one free stream.
      if (this.table.open.size < limit) return this.#open();
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  #open(): Http2Stream {
    if (this.#nextStreamId > MAX_STREAM_ID) {
      throw new ConnectionError("the connection has used up its streams");
    }
    this.table.lastOwnId = this.#nextStreamId;
    this.#nextStreamId += 2;
    return this.table.add(this.table.lastOwnId);
  }

  #send(stream: Http2Stream, request: HttpRequest): void {
    const { body } = request;
    const length = knownLength(body);
    const fields: HeaderField[] = [
      [":method", request.method],
      ...this.#origin,
      [":path", request.path],
      ...request.headers ?? [],
    ];
    if (body !== undefined && length !== undefined) fields.push(["content-length", `${length}`]);
    const empty = body === undefined || length === 0;
    this.table.sendHeaders(stream, fields, empty);
    if (empty) return;
    this.table.sendBody(stream, body).catch((error: Error) => {
      this.table.reset(stream, Code.CANCEL, error);
    });
  }

  /** @internal */
  override headersComplete(
    streamId: number,
    headers: DecodedHeaders,
    endStream: boolean,
  ): void {
    const stream = this.table.open.get(streamId);
    if (stream === undefined) {
      throw new Http2Error("connection", Code.PROTOCOL_ERROR, `headers on idle stream ${streamId}`);
    }
    if (stream.headersReceived) {
      if (!endStream) {
        throw new Http2Error("stream", Code.PROTOCOL_ERROR, "trailers without end of stream");
      }
      if (!headers.tooLarge) checkTrailers(headers.fields);
      this.endReceived(stream);
      return;
    }
    if (headers.tooLarge) {
      throw new Http2Error("stream", Code.CANCEL, "the response's header list is too large");
    }
    const { status, headers: fields } = parseResponseHead(headers.fields);
    if (status < 200) {
      if (endStream || status === 101) {
        throw new Http2Error("stream", Code.PROTOCOL_ERROR, `status ${status} as final response`);
      }
      this.guard.note("interim responses");
      return;
    }
    stream.headersReceived = true;
    const pending = this.#requests.get(stream);
    if (pending?.method !== "HEAD" && status !== 204 && status !== 304) {
      stream.body.lengthBytes = announcedLength(fields);
    }
    pending?.resolve({ status, headers: fields, body: stream.body });
    if (endStream) this.endReceived(stream);
  }

  /** @internal */
  override messageComplete(stream: Http2Stream): void {
    // A complete answer to half a request is a refusal: the rest need not be sent.
    const error = new ConnectionError("the request was answered early");
    this.table.reset(stream, Code.CANCEL, error);
  }

  /** @internal */
  override goawayReceived(lastStreamId: number, error: Http2Error): void {
    this.draining = true;
    for (const stream of [...this.table.open.values()]) {
      if (stream.id > lastStreamId) this.table.reset(stream, Code.CANCEL, error);
    }
    this.wake();
  }

  /** @internal */
  override streamGone(stream: Http2Stream, error: Error | undefined, complete: boolean): void {
    const pending = this.#requests.get(stream);
    this.#requests.delete(stream);
    pending?.cleanUp();
    pending?.reject(error ?? this.endOfConnection());
    super.streamGone(stream, error, complete);
  }

  /** @internal */
  override settingsChanged(): void {
    this.wake();
  }

  /** Lets all look again: limits are few, and the order of the queue is kept by the microtasks. */
  protected override wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function cancelled(signal: AbortSignal | undefined): Error {
  const cause: unknown = signal?.reason;
  return new CancelledError("the request was cancelled", { cause });
}
