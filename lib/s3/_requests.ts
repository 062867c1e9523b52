import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { RateLimiter } from "../duplex/mod.ts";
import {
  CancelledError,
  ConnectionError,
  CorruptDataError,
  PbsError,
  TrustError,
} from "../errors/mod.ts";
import {
  BodyTooLargeError,
  type HeaderField,
  type HttpRequest,
  type HttpResponse,
  type IncomingBody,
} from "../http/mod.ts";
import { type Address, resolveAddress } from "./_address.ts";
import { AttemptLimit } from "./_attempt_limit.ts";
import { Connections } from "./_connections.ts";
import { parseErrorAnswer } from "./_parse_answers.ts";
import { describeRefusal, isPassing, type RefusedAnswer } from "./_refusal.ts";
import { signRequest } from "./_sign_request.ts";
import type { EndpointOptions } from "./bucket_options.ts";
import type { RequestCounts } from "./request_counts.ts";

const DEFAULT_ATTEMPTS = 8;
/** Attempts while a server has never answered: its address may be wrong. */
const ATTEMPTS_TO_REACH = 3;
/** Time in which the first answer has to come, unless a body is sent for it. */
const DEFAULT_REACH_MS = 15_000;
/** Time after which there is no further attempt. */
const LAST_ATTEMPT_TO_REACH_MS = 5000;
const DEFAULT_FIRST_PAUSE_MS = 500;
const DEFAULT_LONGEST_PAUSE_MS = 15_000;
const DEFAULT_LONGEST_ASKED_PAUSE_MS = 120_000;
/** Answers that are not objects. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A body goes to the connection in pieces of this size, each of which is a sign of life. */
const PIECE_BYTES = 256 * 1024;
/** Bodies up to this size go in one piece with the head. */
const WHOLE_BYTES = 16 * 1024;
const EMPTY_SHA256 = encodeHex(sha256());

/** A request of an object store. */
export interface S3Request<T> {
  readonly method: "GET" | "PUT" | "POST" | "HEAD" | "DELETE";
  /** Behind the base path, encoded. */
  readonly path: string;
  readonly headers?: readonly HeaderField[];
  /** Undefined: none, and no length is told. */
  readonly body?: Uint8Array;
  /** Of the body, lower-case hex, if it is known. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each attempt is signed; what it throws ends the request. */
  readonly beforeAttempt?: (() => void) | undefined;
  /** Words for its failure, such as `cannot read "a/b"`. */
  readonly failed: string;
  /** Statuses beyond 2xx that `read` takes. */
  readonly accepted?: (answer: RefusedAnswer) => T | undefined;
  /** Finds a result out in another way after a connection broke; undefined if there is none. */
  readonly instead?: () => Promise<T | undefined>;
  /** Makes the result of a good answer; reads or discards its body. */
  readonly read: (response: HttpResponse) => Promise<T>;
}

/** The requests of one bucket, or of an endpoint without one: signed, repeated, counted. */
export class Requests implements AsyncDisposable {
  readonly address: Address;
  readonly bucket: string | undefined;
  /** Name of the bucket and its server, in messages. */
  readonly place: string;
  readonly #options: EndpointOptions;
  readonly #connections: Connections;
  readonly #putRate: RateLimiter | undefined;
  readonly #closing = new AbortController();
  #isReached = false;
  readonly #counts = { get: 0, put: 0, post: 0, head: 0, delete: 0, uploaded: 0, downloaded: 0 };

  /** @throws {UsageError} if the options make no sense. */
  constructor(options: EndpointOptions, bucket: string | undefined) {
    this.address = resolveAddress(options, bucket);
    this.bucket = bucket;
    const { host, port } = this.address;
    const server = `${host}:${port}`;
    this.place = bucket === undefined ? server : `bucket "${bucket}" at ${server}`;
    this.#options = options;
    this.#connections = new Connections(this.address, options);
    if (options.putRateLimit !== undefined) {
      this.#putRate = new RateLimiter({ rateBytesPerSecond: options.putRateLimit });
    }
  }

  /** Requests made so far. */
  get counts(): RequestCounts {
    return { ...this.#counts };
  }

  /** Notes bytes of an answer. */
  countDownload(bytes: number): void {
    this.#counts.downloaded += bytes;
  }

  /**
   * Makes a request, and again after failures that may pass: the body is not looked at any more when
   * this has settled.
   *
   * @throws {CancelledError} if the signal was aborted.
   * @throws {AuthError | NotFoundError | ServerError} if the answer is a refusal.
   * @throws {ConnectionError} if no attempt got through.
   * @throws {TrustError} if the server's certificate is not to be trusted.
   */
  async send<T>(request: S3Request<T>): Promise<T> {
    this.#counts[request.method.toLowerCase() as "get"]++;
    this.#counts.uploaded += request.body?.length ?? 0;
    const sum = request.sha256 ??
      (request.body?.length ? encodeHex(sha256(request.body)) : EMPTY_SHA256);
    let fresh = false;
    const beginMs = performance.now();
    for (let attempt = 1;; attempt++) {
      const failure = await this.#attempt(request, sum, fresh);
      if ("result" in failure) return failure.result;
      if (failure.broke && request.instead !== undefined) {
        const result = await request.instead();
        if (result !== undefined) return result;
      }
      // An idle connection had ended without our noticing: no failure of the server's.
      if (failure.stale && !fresh) {
        fresh = true;
        attempt--;
        continue;
      }
      fresh = false;
      const { error, askedPauseMs } = failure;
      const longestAsked = this.#options.patience?.longestAskedPauseMs ??
        DEFAULT_LONGEST_ASKED_PAUSE_MS;
      if (
        this.#closing.signal.aborted || !failure.passing ||
        attempt >= this.#attempts(error, performance.now() - beginMs) ||
        (askedPauseMs ?? 0) > longestAsked
      ) {
        throw this.#lastError(request, error, attempt);
      }
      await this.#pause(attempt, askedPauseMs, request.signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#connections[Symbol.asyncDispose]();
  }

  /** How often a request is tried; where nobody has ever answered, that is not long. */
  #attempts({ situation }: PbsError, passedMs: number): number {
    const { attempts = DEFAULT_ATTEMPTS, attemptsToReach } = this.#options.patience ?? {};
    if (this.#isReached) return attempts;
    if (attemptsToReach !== undefined) return attemptsToReach;
    if (situation?.kind === "server-unreachable" || passedMs > LAST_ATTEMPT_TO_REACH_MS) return 1;
    return Math.min(attempts, ATTEMPTS_TO_REACH);
  }

  async #attempt<T>(request: S3Request<T>, sum: string, fresh: boolean): Promise<Attempt<T>> {
    const { signal } = request;
    let reused = false;
    let isSent = false;
    try {
      if (request.method === "PUT") await this.#keepPutRate(signal);
      const taken = await this.#connections.take(signal, fresh);
      reused = taken.reused;
      const limit = new AttemptLimit(request.body?.length ?? 0, signal);
      let released: Promise<void> | undefined;
      try {
        request.beforeAttempt?.();
        const signed = this.#signed(request, sum);
        const { promise, resolve } = Promise.withResolvers<void>();
        released = promise;
        isSent = true;
        const { reachMs = DEFAULT_REACH_MS } = this.#options.patience ?? {};
        const isFirst = !this.#isReached && !request.body?.length;
        const sending = taken.client.request({
          ...signed,
          signal: limit.signal,
          released: resolve,
        });
        const response = await (isFirst ? limit.within(reachMs, sending) : sending);
        reused = isSent = false;
        this.#isReached = true;
        return await limit.during(response.body, () => this.#receive(request, response));
      } catch (error) {
        throw limit.reason ?? error;
      } finally {
        limit[Symbol.dispose]();
        if (!taken.client.idle) taken.client.abort();
        await released;
        this.#connections.give(taken);
      }
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      if (signal?.aborted) {
        throw new CancelledError("the request was cancelled", { cause: signal.reason });
      }
      if (!(error instanceof PbsError)) throw error;
      const passing = error instanceof ConnectionError ||
        error instanceof CorruptDataError && !(error instanceof BodyTooLargeError);
      const broke = isSent && error instanceof ConnectionError;
      return { error, passing, broke, stale: broke && reused };
    }
  }

  #signed<T>(request: S3Request<T>, sum: string): HttpRequest {
    const { method, body } = request;
    const path = this.address.basePath + request.path;
    const headers = signRequest(
      { method, path, headers: request.headers ?? [], sha256: sum, lengthBytes: body?.length },
      this.address,
      this.#options,
      Date.now(),
    );
    return {
      method,
      path,
      headers,
      ...body === undefined ? {} : { body: body.length <= WHOLE_BYTES ? body : piecesOf(body) },
    };
  }

  async #receive<T>(request: S3Request<T>, response: HttpResponse): Promise<Attempt<T>> {
    const { status, headers } = response;
    if (status >= 200 && status < 300) return { result: await request.read(response) };
    const hasBody = response.body.lengthBytes !== 0;
    const answer = { status, headers, hasBody, error: await readError(response.body) };
    const result = request.accepted?.(answer);
    if (result !== undefined) return { result };
    const error = describeRefusal(answer, {
      failed: `${request.failed} (${this.place})`,
      bucket: this.bucket,
      region: this.address.region,
      secrets: [this.#options.secretKey, this.#options.accessKey],
    });
    const asked = retryAfter(headers.get("retry-after"));
    return {
      error,
      passing: isPassing(answer),
      ...asked === undefined ? {} : { askedPauseMs: asked },
    };
  }

  async #keepPutRate(signal: AbortSignal | undefined): Promise<void> {
    const pauseMs = this.#putRate?.account(1) ?? 0;
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
  }

  async #pause(
    attempt: number,
    askedPauseMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { firstPauseMs = DEFAULT_FIRST_PAUSE_MS, longestPauseMs = DEFAULT_LONGEST_PAUSE_MS } =
      this.#options.patience ?? {};
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    // Of many who failed together, each comes back at another time.
    const pauseMs = longest * (0.5 + Math.random() / 2);
    const signals = [this.#closing.signal, ...signal === undefined ? [] : [signal]];
    try {
      await delay(Math.max(askedPauseMs ?? 0, pauseMs), undefined, {
        signal: AbortSignal.any(signals),
      });
    } catch {
      if (!signal?.aborted) throw new ConnectionError("the object store was closed");
      throw new CancelledError("the request was cancelled", { cause: signal.reason });
    }
  }

  #lastError<T>({ failed }: S3Request<T>, error: PbsError, attempts: number): PbsError {
    const often = attempts > 1 ? ` (${attempts} attempts)` : "";
    const what = `${failed} (${this.place})`;
    const text = error.message.startsWith(what) ? error.message : `${what}: ${error.message}`;
    const { situation } = error;
    const options = situation === undefined ? {} : { situation };
    if (error instanceof ConnectionError) {
      const { tls, host, port } = this.address;
      const advice = this.#isReached || situation?.kind === "server-unreachable"
        ? ""
        : `; see whether an object store with${tls ? "" : "out"} TLS is at port ${port} of ${host}`;
      return new ConnectionError(text + often + advice, options);
    }
    if (error instanceof TrustError) return new TrustError(text, options);
    if (error instanceof CorruptDataError) return new CorruptDataError(text + often, options);
    return error;
  }
}

/** Outcome of an attempt. */
type Attempt<T> =
  | { readonly result: T }
  | {
    readonly error: PbsError;
    readonly passing: boolean;
    /** Whether a connection broke before there was an answer. */
    readonly broke?: boolean;
    /** Whether that may only mean that it had been idle for long. */
    readonly stale?: boolean;
    readonly askedPauseMs?: number;
  };

async function readError(body: IncomingBody): Promise<RefusedAnswer["error"]> {
  if (body.lengthBytes === 0) return undefined;
  try {
    return parseErrorAnswer(await body.text(MAX_ERROR_BYTES));
  } catch (error) {
    // The status says enough.
    if (error instanceof ConnectionError || error instanceof CorruptDataError) return undefined;
    throw error;
  }
}

/** Pause that a server asks for: seconds, or a date. @returns in milliseconds. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}

function piecesOf(body: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    pieces.push(body.subarray(at, at + PIECE_BYTES));
  }
  return pieces;
}

/** Value of `content-md5`. */
export function md5Of(body: Uint8Array): string {
  return createHash("md5").update(body).digest("base64");
}
