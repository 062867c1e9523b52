import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, ConnectionError, UsageError } from "../errors/mod.ts";
import { type HeaderField, type HttpRequest, type HttpResponse, knownLength } from "../http/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import {
  announcedFraming,
  type BodyFraming,
  formatHead,
  parseFields,
  parseStatusLine,
} from "./_http1_head.ts";
import { Http1Body, writeMessage } from "./_http1_body.ts";
import { Http1Error, Http1Reader } from "./_http1_reader.ts";

/** Largest response head we take. */
const MAX_HEAD_BYTES = 256 * 1024;
/** Time until the response's head (spec: protocol.md §1.4). */
const HEAD_TIMEOUT_MS = 120_000;
/** Interim responses in front of one final response. */
const MAX_INTERIM_RESPONSES = 10;

/** How patient a connection is, and whom it talks to. */
export interface Http1ClientOptions {
  /** Value of the `host` field: host and port. */
  readonly host: string;
  /** Time from the request to the head of its response. Default 120 s. */
  readonly headTimeoutMs?: number;
  /** Time for the next bytes of a response's body. Default: no limit. */
  readonly bodyTimeoutMs?: number;
  /** Called when a response was read to its end, or the connection has become useless. */
  readonly onIdle?: () => void;
}

/** Outcome of an upgrade: the other protocol's connection, or the server's refusal. */
export type UpgradeResult =
  | { readonly duplex: Duplex }
  | { readonly response: HttpResponse };

/**
 * The client's end of an HTTP/1.1 connection: one request at a time, any number in a row, and at the
 * end possibly an upgrade (spec: protocol.md §4.4).
 */
export class Http1Client {
  readonly #duplex: Duplex;
  readonly #reader: Http1Reader;
  readonly #options: Http1ClientOptions;
  #busy = false;
  #usable = true;

  /** @param duplex Connected and trusted; owned from now on. */
  constructor(duplex: Duplex, options: Http1ClientOptions) {
    this.#duplex = duplex;
    this.#reader = new Http1Reader(duplex);
    this.#options = options;
  }

  /** Whether a request can be made now: none is under way and the connection has not ended. */
  get idle(): boolean {
    return this.#usable && !this.#busy;
  }

  /** Whether there will be another request on this connection. */
  get usable(): boolean {
    return this.#usable;
  }

  /**
   * Sends a request and waits for the head of its response.
   *
   * @returns The response; the connection is idle again when its body has been read to the end.
   * @throws {ConnectionError} if the connection breaks or the response does not come in time.
   * @throws {Http1Error} if the response is malformed.
   * @throws {CancelledError} if the signal was aborted.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.#exchange(request, []);
    if (response.status !== 101) return response;
    this.#broken();
    throw new Http1Error(400, "the server switched protocols without being asked to");
  }

  /**
   * Asks for another protocol.
   *
   * @param protocol Value of the `upgrade` field.
   * @returns The connection from the first byte after the 101 answer on, or the refusal.
   */
  async upgrade(request: HttpRequest, protocol: string): Promise<UpgradeResult> {
    const response = await this.#exchange(request, [
      ["connection", "upgrade"],
      ["upgrade", protocol],
    ]);
    if (response.status !== 101) return { response };
    this.#usable = false;
    return { duplex: this.#reader.rest() };
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.#usable = false;
    await this.#duplex.close();
  }

  /** Ends the connection immediately. */
  abort(reason?: Error): void {
    this.#usable = false;
    this.#duplex.abort(reason);
  }

  async #exchange(request: HttpRequest, extra: readonly HeaderField[]): Promise<HttpResponse> {
    let head: Uint8Array;
    try {
      if (!this.idle) throw new ConnectionError("the connection cannot take a request now");
      head = this.#formatHead(request, extra);
    } catch (error) {
      request.released?.();
      throw error;
    }
    this.#busy = true;
    const timeoutMs = this.#options.headTimeoutMs ?? HEAD_TIMEOUT_MS;
    const tooLate = () =>
      this.abort(
        new ConnectionError(`no answer from ${this.#duplex.peer} in ${timeoutMs / 1000} s`),
      );
    let timer = setTimeout(tooLate, timeoutMs);
    const cancel = () =>
      this.abort(
        new CancelledError("the request was cancelled", { cause: request.signal?.reason }),
      );
    request.signal?.addEventListener("abort", cancel);
    if (request.signal?.aborted) cancel();
    let answered = false;
    let sent = false;
    const { body } = request;
    writeMessage(this.#duplex, head, body, knownLength(body) === undefined, () => {
      // A body takes as long as it takes, if only it moves.
      clearTimeout(timer);
      if (!answered) timer = setTimeout(tooLate, timeoutMs);
      return !answered;
    }).then(() => {
      sent = true;
    }, (error: Error) => {
      // A body that cannot be produced ends the request; a socket that takes no more may still
      // have the server's refusal to read.
      if (!(error instanceof ConnectionError)) this.abort(error);
    }).finally(request.released);
    try {
      const { response, closing } = await this.#receive(request.method, () => {
        this.#busy = false;
        this.#options.onIdle?.();
        if (this.#usable) return;
        if (sent) this.#duplex.close().catch(() => {});
        else this.#duplex.abort();
      });
      answered = true;
      // The head's write may be known to be done only a turn later than its answer.
      if (!sent) await delay(0);
      // Refused before all was sent: what is missing cannot follow any more.
      if (closing || !sent) this.#usable = false;
      // Nothing to wait for: the connection is free without the body being looked at.
      if (response.status !== 101 && response.body.lengthBytes === 0) await response.body.read();
      return response;
    } catch (error) {
      this.#broken();
      throw error;
    } finally {
      answered = true;
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", cancel);
    }
  }

  #formatHead(request: HttpRequest, extra: readonly HeaderField[]): Uint8Array {
    const { method, path, body, headers = [] } = request;
    if (!/^[!-~]+$/.test(path) || !/^[A-Z]+$/.test(method)) {
      throw new UsageError("the request has characters that cannot be sent");
    }
    const fields: HeaderField[] = [["host", this.#options.host], ...headers, ...extra];
    // spec: protocol.md §1.7: without a body, neither a length nor a coding.
    if (body !== undefined) {
      const length = knownLength(body);
      fields.push(
        length === undefined ? ["transfer-encoding", "chunked"] : ["content-length", `${length}`],
      );
    }
    return formatHead(`${method} ${path} HTTP/1.1`, fields);
  }

  /** The final response; `complete` is called once its body was read to the end. */
  async #receive(
    method: string,
    complete: () => void,
  ): Promise<{ response: HttpResponse; closing: boolean }> {
    for (let interim = 0; interim <= MAX_INTERIM_RESPONSES; interim++) {
      const lines = await this.#reader.head(MAX_HEAD_BYTES);
      if (lines === undefined) {
        throw new ConnectionError(`${this.#duplex.peer} closed the connection without an answer`);
      }
      const [first = "", ...rest] = lines;
      const { status, minorVersion } = parseStatusLine(first);
      const headers = parseFields(rest);
      if (status < 200 && status !== 101) continue;
      const bodiless = status === 101 || status === 204 || status === 304 || method === "HEAD";
      const framing: BodyFraming = bodiless
        ? { kind: "length", lengthBytes: 0 }
        : announcedFraming(headers) ?? { kind: "close" };
      const body = new Http1Body(this.#reader, framing, {
        complete,
        broken: () => this.#broken(),
        patience: (wait) => this.#patience(wait),
      });
      const closing = framing.kind === "close" || headers.hasToken("connection", "close") ||
        (minorVersion === 0 && !headers.hasToken("connection", "keep-alive"));
      return { response: { status, headers, body }, closing };
    }
    throw new Http1Error(400, "too many interim responses");
  }

  async #patience<T>(wait: Promise<T>): Promise<T> {
    const timeoutMs = this.#options.bodyTimeoutMs;
    if (timeoutMs === undefined) return await wait;
    const timer = setTimeout(
      () => this.abort(new ConnectionError(`${this.#duplex.peer} stopped in its answer`)),
      timeoutMs,
    );
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  }

  #broken(): void {
    this.#busy = false;
    this.abort();
    this.#options.onIdle?.();
  }
}
