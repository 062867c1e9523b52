import { type Duplex, NodeSocketDuplex, RateLimitedDuplex, RateLimiter } from "../duplex/mod.ts";
import { CancelledError, ConnectionError } from "../errors/mod.ts";
import { Http1Client } from "../http1/mod.ts";
import { connectTcp, connectTls } from "../tls/mod.ts";
import type { Address } from "./_address.ts";
import type { EndpointOptions } from "./bucket_options.ts";

const DEFAULT_CONNECTIONS = 32;
/** Servers end idle connections, some without our being told before the next request is lost. */
const LONGEST_IDLE_MS = 15_000;
const DEFAULT_SILENCE_MS = 600_000;
/** Pause within an answer. */
const BODY_SILENCE_MS = 120_000;

/** A connection that a request has for itself. */
export interface TakenConnection {
  readonly client: Http1Client;
  /** Whether it has carried a request before, so that the server may have ended it meanwhile. */
  readonly reused: boolean;
}

interface Waiting {
  readonly go: (place: undefined) => void;
  readonly fail: (error: Error) => void;
}

/** The connections to an object store: a bounded number, each for one request at a time, kept for later ones. */
export class Connections implements AsyncDisposable {
  readonly #address: Address;
  readonly #options: EndpointOptions;
  readonly #most: number;
  /** The last one was used last. */
  readonly #idle: { client: Http1Client; sinceMs: number }[] = [];
  readonly #open = new Set<Http1Client>();
  readonly #waiting = new Set<Waiting>();
  #taken = 0;
  #closed = false;

  constructor(address: Address, options: EndpointOptions) {
    this.#address = address;
    this.#options = options;
    this.#most = options.maxConnections ?? DEFAULT_CONNECTIONS;
  }

  /**
   * Takes a connection, as soon as there may be another one.
   *
   * @param fresh Makes a new one though there are idle ones.
   * @throws {ConnectionError} if it cannot be made.
   * @throws {TrustError} if the server's certificate is not to be trusted.
   */
  async take(signal: AbortSignal | undefined, fresh: boolean): Promise<TakenConnection> {
    if (this.#taken < this.#most) this.#taken++;
    else await this.#place(signal);
    try {
      for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
        const { client, sinceMs } = idle;
        const isStale = performance.now() - sinceMs > LONGEST_IDLE_MS;
        if (client.idle && !isStale && !fresh) return { client, reused: true };
        this.#drop(client);
      }
      return { client: await this.#connect(), reused: false };
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Gives a connection back; it is kept if its answer was read to the end. */
  give({ client }: TakenConnection): void {
    if (client.idle && !this.#closed) this.#idle.push({ client, sinceMs: performance.now() });
    else this.#drop(client);
    this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const idle = this.#idle.splice(0);
    for (const { client } of idle) this.#open.delete(client);
    for (const client of this.#open) {
      client.abort(new ConnectionError("the object store was closed"));
    }
    this.#open.clear();
    for (const { fail } of this.#waiting) fail(new ConnectionError("the object store was closed"));
    this.#waiting.clear();
    await Promise.all(idle.map(({ client }) => client.close()));
  }

  /** Waits until somebody leaves a place. */
  async #place(signal: AbortSignal | undefined): Promise<void> {
    const cancelled = () =>
      new CancelledError("the request was cancelled", { cause: signal?.reason });
    if (signal?.aborted) throw cancelled();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiting = { go: resolve, fail: reject };
    const cancel = () => {
      if (this.#waiting.delete(waiting)) reject(cancelled());
    };
    signal?.addEventListener("abort", cancel);
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  #leave(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(first);
    first.go(undefined);
  }

  #drop(client: Http1Client): void {
    this.#open.delete(client);
    client.abort();
  }

  async #connect(): Promise<Http1Client> {
    if (this.#closed) throw new ConnectionError("the object store was closed");
    const duplex = await this.#dial();
    if (this.#closed) {
      duplex.abort();
      throw new ConnectionError("the object store was closed");
    }
    const client = new Http1Client(duplex, {
      host: this.#address.authority,
      headTimeoutMs: this.#options.patience?.silenceMs ?? DEFAULT_SILENCE_MS,
      bodyTimeoutMs: Math.min(BODY_SILENCE_MS, this.#options.patience?.silenceMs ?? Infinity),
    });
    this.#open.add(client);
    return client;
  }

  async #dial(): Promise<Duplex> {
    const { host, port, tls } = this.#address;
    const { fingerprint, authorities, dial, rateIn, rateOut } = this.#options;
    const duplex = tls
      ? (await connectTls({
        host,
        port,
        ...fingerprint === undefined ? {} : { fingerprint },
        ...authorities === undefined ? {} : { authorities },
        ...dial === undefined ? {} : { dial },
      })).duplex
      : new NodeSocketDuplex(await (dial ?? connectTcp)(host, port), `${host}:${port}`);
    if (rateIn === undefined && rateOut === undefined) return duplex;
    return new RateLimitedDuplex(duplex, rateIn ?? unlimited(), rateOut ?? unlimited());
  }
}

function unlimited(): RateLimiter {
  return new RateLimiter({ rateBytesPerSecond: Number.MAX_SAFE_INTEGER });
}
