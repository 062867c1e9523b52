import { ConnectionError } from "../errors/mod.ts";
import { type Duplex, type MinimumPace, PacedOutput } from "../duplex/mod.ts";
import {
  type HeaderField,
  type IncomingRequest,
  knownLength,
  type OutgoingResponse,
  type RequestHandler,
  type UpgradeResponse,
} from "../http/mod.ts";
import { type Http2Options, Http2Server } from "../http2/mod.ts";
import { Http1Body, writeMessage } from "./_http1_body.ts";
import {
  announcedFraming,
  type BodyFraming,
  formatHead,
  parseFields,
  parseRequestLine,
} from "./_http1_head.ts";
import { Http1Error, Http1Reader } from "./_http1_reader.ts";
import type { LargeHeads } from "./large_heads.ts";

/** Limit of a request's head (spec: protocol.md §1.7: about 400 KiB). */
const MAX_HEAD_BYTES = 400 * 1024;
/** Bytes by which a body has to come on, in the time for it. */
const BODY_STEP_BYTES = 16 * 1024;
const BODY_TIMEOUT_MS = 120_000;
/** Responses up to this size fit into the socket's buffers. */
const UNWATCHED_BYTES = 64 * 1024;
/** Bytes that are read of an unwanted body, to keep the connection. */
const DISCARD_BYTES = 256 * 1024;

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  303: "See Other",
  304: "Not Modified",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  409: "Conflict",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** How patient a server is; all times end with the connection being closed. */
export interface ServeOptions {
  /** Time from the first byte of a request to the end of its head. Default 30 s. */
  readonly headTimeoutMs?: number;
  /**
   * Without a request, from the start or from the last response on; asked for each time. Default
   * 10 min.
   */
  readonly idleTimeoutMs?: number | (() => number);
  /** Places for requests with heads that are not small, which all connections share. */
  readonly largeHeads?: LargeHeads;
  /** Time for the next 16 KiB of a request's body, or what is left of it. Default 2 min. */
  readonly bodyTimeoutMs?: number;
  /** Least pace at which a client has to take responses. Default: no limit. */
  readonly sendPace?: MinimumPace;
  /** Settings of HTTP/2 with prior knowledge, when a client starts with its preface. */
  readonly http2?: Http2Options;
}

/**
 * Serves one connection until it ends: HTTP/1.1 requests one after the other, and possibly an
 * upgrade at their end; or HTTP/2 if the client starts with its preface (spec: protocol.md §1.1).
 *
 * @param duplex Accepted; owned from now on.
 * @param handler Answers the requests; may return an {@linkcode UpgradeResponse}.
 * @returns Resolved when the connection is closed; errors of the connection end it silently.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Http1Client } from "./http1_client.ts";
 * import { memoryDuplexPair } from "../duplex/mod.ts";
 * const [left, right] = memoryDuplexPair();
 * const served = serveConnection(right, ({ target }) => ({
 *   status: 200,
 *   body: new TextEncoder().encode(`you asked for ${target}`),
 * }));
 * const client = new Http1Client(left, { host: "localhost" });
 * const response = await client.request({ method: "GET", path: "/x" });
 * assertEquals(await response.body.text(100), "you asked for /x");
 * await client.close();
 * await served;
 * ```
 */
export async function serveConnection(
  duplex: Duplex,
  handler: RequestHandler,
  options: ServeOptions = {},
): Promise<void> {
  const reader = new Http1Reader(duplex);
  try {
    let first = true;
    while (await serveRequest(reader, handler, options, first)) first = false;
    await duplex.close();
  } catch (error) {
    duplex.abort(error instanceof Error ? error : undefined);
  }
}

/** @returns whether another request may follow. */
async function serveRequest(
  reader: Http1Reader,
  handler: RequestHandler,
  options: ServeOptions,
  first: boolean,
): Promise<boolean> {
  const { duplex } = reader;
  let request: IncomingRequest & { body: Http1Body };
  let keepAlive: boolean;
  const abort = new AbortController();
  const state = { complete: false, broken: false };
  try {
    const lines = await readHead(reader, options);
    if (lines === undefined) return false;
    if (first && lines.length === 1 && lines[0] === "PRI * HTTP/2.0") {
      const front = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\n");
      await new Http2Server(reader.rest(front), handler, options.http2).closed;
      return false;
    }
    const [requestLine = "", ...fields] = lines;
    const { method, target, httpVersion } = parseRequestLine(requestLine);
    const headers = parseFields(fields);
    const framing: BodyFraming = announcedFraming(headers) ?? { kind: "length", lengthBytes: 0 };
    const expectsContinue = httpVersion === "1.1" && headers.hasToken("expect", "100-continue");
    const patience = new BodyPatience(duplex, options.bodyTimeoutMs ?? BODY_TIMEOUT_MS);
    const body = new Http1Body(reader, framing, {
      starting: () => {
        if (!expectsContinue) return;
        duplex.write(formatHead("HTTP/1.1 100 Continue", [])).catch(() => {});
      },
      complete: () => state.complete = true,
      broken: () => state.broken = true,
      patience: (bytes) => patience.wait(bytes),
    });
    if (framing.kind === "length" && framing.lengthBytes === 0) await body.read();
    request = { httpVersion, method, target, headers, body, signal: abort.signal };
    keepAlive = httpVersion === "1.1"
      ? !headers.hasToken("connection", "close")
      : headers.hasToken("connection", "keep-alive");
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error;
    await duplex.write(
      formatHead(statusLine("1.1", error.status), [
        ["content-length", "0"],
        ["connection", "close"],
        ...error.status === 503 ? [["retry-after", "5"] as const] : [],
      ]),
    );
    return false;
  } finally {
    // What is left of a head is small, or gone with its request.
    reader.headDone();
  }

  let response: OutgoingResponse | UpgradeResponse;
  try {
    response = await handler(request);
  } catch {
    response = { status: 500 };
  }
  if ("upgrade" in response) {
    await request.body.discard();
    await duplex.write(formatHead(statusLine("1.1", 101), [
      ["connection", "upgrade"],
      ["upgrade", response.upgrade],
    ]));
    await response.handOver(reader.rest());
    return false;
  }
  try {
    // A body that is left unread: small ones are passed over, for others the connection ends.
    const unread = !state.complete && (request.body.lengthBytes ?? Infinity) > DISCARD_BYTES;
    const unasked = !request.body.started && request.headers.hasToken("expect", "100-continue");
    if (unread || state.broken || unasked && !state.complete) keepAlive = false;
    const sent = respond(duplex, request, response, keepAlive, options.sendPace);
    keepAlive = await sent && keepAlive;
  } catch (error) {
    abort.abort(error);
    throw error;
  } finally {
    response.released?.();
  }
  if (keepAlive && !state.complete) await request.body.discard();
  return keepAlive && !state.broken;
}

/** @returns whether the connection can be kept. */
async function respond(
  duplex: Duplex,
  request: IncomingRequest,
  response: OutgoingResponse,
  keepAlive: boolean,
  sendPace: MinimumPace | undefined,
): Promise<boolean> {
  const { status, body } = response;
  const fields: HeaderField[] = [...response.headers ?? []];
  const length = knownLength(body);
  const isAnnounced = fields.some(([name]) => name === "content-length");
  const chunked = length === undefined && !isAnnounced && request.httpVersion === "1.1";
  const untilClose = length === undefined && !isAnnounced && !chunked;
  if (chunked) fields.push(["transfer-encoding", "chunked"]);
  else if (!untilClose && !isAnnounced && status !== 204 && status !== 304) {
    fields.push(["content-length", `${length}`]);
  }
  if (!keepAlive || untilClose) fields.push(["connection", "close"]);
  else if (request.httpVersion === "1.0") fields.push(["connection", "keep-alive"]);
  const head = formatHead(statusLine(request.httpVersion, status), fields);
  if (request.method !== "HEAD") {
    // What the kernel takes anyway need not be watched.
    const isSmall = length !== undefined && length <= UNWATCHED_BYTES;
    using paced = sendPace && !isSmall ? new PacedOutput(duplex, sendPace) : undefined;
    await writeMessage(paced ?? duplex, head, body, chunked);
  } else {
    await duplex.write(head);
    if (body !== undefined && Symbol.asyncIterator in body) {
      await body[Symbol.asyncIterator]().return?.();
    }
  }
  return !untilClose;
}

function statusLine(httpVersion: string, status: number): string {
  return `HTTP/${httpVersion} ${status} ${STATUS_TEXTS[status] ?? "Status"}`;
}

/** Reads a head within the time for being idle, and then the time for a head. */
async function readHead(
  reader: Http1Reader,
  options: ServeOptions,
): Promise<string[] | undefined> {
  const { duplex } = reader;
  const tooLate = () => duplex.abort(new ConnectionError(`${duplex.peer} sent no request in time`));
  const { idleTimeoutMs = 600_000 } = options;
  let timer = setTimeout(
    tooLate,
    typeof idleTimeoutMs === "number" ? idleTimeoutMs : idleTimeoutMs(),
  );
  try {
    return await reader.head(MAX_HEAD_BYTES, () => {
      clearTimeout(timer);
      timer = setTimeout(tooLate, options.headTimeoutMs ?? 30_000);
    }, options.largeHeads);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Ends the connection of a client that does not get on with a body, however often it sends a little.
 */
class BodyPatience {
  #leftMs: number;
  #bytes = 0;

  constructor(readonly duplex: Duplex, readonly timeoutMs: number) {
    this.#leftMs = timeoutMs;
  }

  /** Counts what comes and the time it takes; not the time in which nobody asks for more. */
  async wait(coming: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const { duplex, timeoutMs } = this;
    const startedMs = performance.now();
    const timer = setTimeout(
      () => duplex.abort(new ConnectionError(`${duplex.peer} stopped sending its request`)),
      this.#leftMs,
    );
    try {
      const bytes = await coming;
      this.#bytes += bytes?.length ?? 0;
      if (this.#bytes < BODY_STEP_BYTES) this.#leftMs -= performance.now() - startedMs;
      else [this.#bytes, this.#leftMs] = [0, timeoutMs];
      return bytes;
    } finally {
      clearTimeout(timer);
    }
  }
}
