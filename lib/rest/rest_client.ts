import { ConnectionError } from "../errors/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import type { HeaderField, HttpRequest, HttpResponse, OutgoingBody } from "../http/mod.ts";
import { Http1Client } from "../http1/mod.ts";
import { type ApiParameters, apiRequest, jsonRequest, queryRequest } from "./api_request.ts";
import { type ApiResult, readApiResult, requireSuccess } from "./api_response.ts";

/** How the API is reached. */
export interface RestClientOptions {
  /** Makes a connection whose peer is trusted. */
  readonly connect: () => Promise<Duplex>;
  /** `host:port`, for the `host` field. */
  readonly authority: string;
  /** Path that all others are relative to. Default `/api2/json/`. */
  readonly basePath?: string;
  /** Default `pbs-client/1.0`. */
  readonly userAgent?: string;
  /** The fields that say who we are; asked for before every request. */
  readonly authentication?: () => Iterable<HeaderField> | Promise<Iterable<HeaderField>>;
  /** Time until the head of a response. Default 120 s. */
  readonly headTimeoutMs?: number;
}

/** Options of a single call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Sends no authentication, for the login itself. */
  readonly anonymous?: boolean;
  /** Sends the parameters as JSON whatever the method: a query has little room. */
  readonly json?: boolean;
}

/**
 * The REST API of a server: parameters, envelope, errors, kept-alive connections.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memoryDuplexPair } from "../duplex/mod.ts";
 * import { serveConnection } from "../http1/mod.ts";
 * const [left, right] = memoryDuplexPair();
 * serveConnection(right, ({ target }) => ({
 *   status: 200,
 *   body: new TextEncoder().encode(JSON.stringify({ data: target })),
 * }));
 * const client = new RestClient({
 *   connect: () => Promise.resolve(left),
 *   authority: "localhost:8007",
 * });
 * const { data } = await client.call("GET", "admin/datastore", { ns: "a" });
 * assertEquals(data, "/api2/json/admin/datastore?ns=a");
 * await client.close();
 * ```
 */
export class RestClient {
  readonly #options: RestClientOptions;
  readonly #idle: Http1Client[] = [];
  readonly #busy = new Set<Http1Client>();
  #closed = false;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /**
   * Makes an API call with parameters where the method wants them.
   *
   * @param path Relative to the base path, variables percent-encoded.
   * @throws {ServerError} if the server refuses.
   * @throws {ConnectionError} if it cannot be reached or breaks off.
   */
  async call(
    method: string,
    path: string,
    parameters: ApiParameters = {},
    options: CallOptions = {},
  ): Promise<ApiResult> {
    const makeRequest = options.json ? jsonRequest : apiRequest;
    return await readApiResult(
      await this.#send(makeRequest(method, this.#path(path), parameters), options),
    );
  }

  /**
   * Makes a call whose result is raw bytes; all parameters go into the query.
   *
   * @returns The response; its body must be read or cancelled.
   */
  async download(
    path: string,
    parameters: ApiParameters = {},
    options: CallOptions = {},
  ): Promise<HttpResponse> {
    return await requireSuccess(
      await this.#send(queryRequest("GET", this.#path(path), parameters), options),
    );
  }

  /** Sends raw bytes with POST; all parameters go into the query. */
  async upload(
    path: string,
    parameters: ApiParameters,
    body: OutgoingBody,
    options: CallOptions = {},
  ): Promise<ApiResult> {
    const request = queryRequest("POST", this.#path(path), parameters);
    const headers: HeaderField[] = [["content-type", "application/octet-stream"]];
    return await readApiResult(await this.#send({ ...request, headers, body }, options));
  }

  /**
   * Turns a connection into one of another protocol (spec: protocol.md §4).
   *
   * @param protocol Value of the `upgrade` field.
   * @returns The connection after the 101 answer.
   * @throws {ServerError} if the server refuses.
   */
  async upgrade(path: string, protocol: string, parameters: ApiParameters): Promise<Duplex> {
    const request = await this.#complete(queryRequest("GET", this.#path(path), parameters), {});
    const client = await this.#client();
    try {
      const result = await client.upgrade(request, protocol);
      if ("duplex" in result) return result.duplex;
      await requireSuccess(result.response);
      // It may have no end.
      result.response.body.cancel();
      throw new ConnectionError(
        `the server answered the upgrade with status ${result.response.status}`,
      );
    } finally {
      this.#giveBack(client);
    }
  }

  /** Closes all connections; answers that were not read to their end are cut off. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.splice(0).map((client) => client.close()));
    for (const client of this.#busy) client.abort();
  }

  async #send(request: HttpRequest, options: CallOptions): Promise<HttpResponse> {
    const complete = await this.#complete(request, options);
    const reused = this.#idle.length > 0;
    let client = await this.#client();
    try {
      return await client.request(complete);
    } catch (error) {
      // A connection that had been idle may have ended without our noticing.
      const again = reused && request.method === "GET" && error instanceof ConnectionError;
      if (!again) throw error;
      this.#giveBack(client);
      client = await this.#connect();
      return await client.request(complete);
    } finally {
      this.#giveBack(client);
    }
  }

  #path(path: string): string {
    return (this.#options.basePath ?? "/api2/json/") + path;
  }

  async #complete(request: HttpRequest, options: CallOptions): Promise<HttpRequest> {
    const headers: HeaderField[] = [
      ["user-agent", this.#options.userAgent ?? "pbs-client/1.0"],
      ...request.headers ?? [],
      ...options.anonymous ? [] : await this.#options.authentication?.() ?? [],
    ];
    return { ...request, headers, ...options.signal && { signal: options.signal } };
  }

  async #client(): Promise<Http1Client> {
    while (true) {
      const client = this.#idle.pop();
      if (client === undefined) return await this.#connect();
      if (!client.idle) continue;
      this.#busy.add(client);
      return client;
    }
  }

  async #connect(): Promise<Http1Client> {
    if (this.#closed) throw new ConnectionError("the client is closed");
    const { authority: host, headTimeoutMs } = this.#options;
    const client = new Http1Client(await this.#options.connect(), {
      host,
      ...headTimeoutMs === undefined ? {} : { headTimeoutMs },
      onIdle: () => this.#giveBack(client),
    });
    this.#busy.add(client);
    return client;
  }

  /** Keeps a connection for the next request if it can take one. */
  #giveBack(client: Http1Client): void {
    if (!client.usable) this.#busy.delete(client);
    else if (client.idle && this.#busy.delete(client)) {
      if (this.#closed) client.close();
      else this.#idle.push(client);
    }
  }
}
