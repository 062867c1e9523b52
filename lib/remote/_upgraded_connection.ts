import { ConnectionError, NotFoundError, ServerError } from "../errors/mod.ts";
import {
  type ApiParameters,
  jsonRequest,
  queryRequest,
  readApiResult,
  requireSuccess,
} from "../rest/mod.ts";
import type { HeaderField, HttpRequest, HttpResponse } from "../http/mod.ts";
import type { Http2Client } from "../http2/mod.ts";
import { remoteError, withRemoteErrors } from "./_remote_error.ts";

/** Our name; the official client says its own. */
const USER_AGENT: HeaderField = ["user-agent", "pbs-client/1.0"];
const OCTET_STREAM: HeaderField = ["content-type", "application/octet-stream"];
/** Of a file of a snapshot: the index of 100 TiB in chunks of 4 MiB, or 25 in those of 64 KiB. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Time for the server to end the connection after us; it has cleaned up by then. */
const FAREWELL_MS = 3000;

/** The requests that backup and reader connections have in common (spec: protocol.md §4.6). */
export class UpgradedConnection {
  /** Resolves when the connection has ended, with the reason. */
  readonly lost: Promise<Error>;
  readonly #client: Http2Client;
  readonly #given = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(client: Http2Client) {
    this.#client = client;
    this.lost = client.closed.then((reason) =>
      reason ?? new ConnectionError(`connection to ${client.peerName} was ended by the server`)
    );
  }

  /** The `data` of a call whose parameters are in the query. */
  async call(method: string, path: string, parameters: ApiParameters = {}): Promise<unknown> {
    return await this.#result(queryRequest(method, path, parameters));
  }

  /** The `data` of a call whose parameters are a JSON body. */
  async callWithJson(method: string, path: string, parameters: ApiParameters): Promise<unknown> {
    return await this.#result(jsonRequest(method, path, parameters));
  }

  /**
   * Sends bytes.
   *
   * @param body May lie in native memory: it is not looked at any more when this settles.
   * @returns The `data` of the answer.
   */
  async upload(path: string, parameters: ApiParameters, body: Uint8Array): Promise<unknown> {
    const released = Promise.withResolvers<void>();
    try {
      return await this.#result({
        ...queryRequest("POST", path, parameters),
        headers: [OCTET_STREAM],
        body,
        released: released.resolve,
      });
    } finally {
      await released.promise;
    }
  }

  /** Sends bytes, gets bytes. @param limitBytes Of the answer. */
  async exchange(path: string, body: Uint8Array, limitBytes: number): Promise<Uint8Array> {
    const request = { ...queryRequest("POST", path), headers: [OCTET_STREAM], body };
    return await withRemoteErrors(async () => {
      const response = await requireSuccess(await this.#send(request));
      return await response.body.bytes(limitBytes);
    });
  }

  /** The bytes of a file. @throws {NotFoundError} if there is none. */
  async download(path: string, parameters: ApiParameters): Promise<Uint8Array> {
    const response = await this.open(path, parameters);
    return await response.body.bytes(MAX_FILE_BYTES);
  }

  /**
   * The answer whose body has the bytes; it must be read or cancelled.
   *
   * @throws {NotFoundError} if there are none: the server has many statuses for that.
   */
  async open(path: string, parameters: ApiParameters): Promise<HttpResponse> {
    const response = await this.#send(queryRequest("GET", path, parameters));
    try {
      return await requireSuccess(response);
    } catch (error) {
      const known = remoteError(error);
      if (known === error && error instanceof ServerError) {
        throw new NotFoundError(error.message, { cause: error });
      }
      throw known;
    }
  }

  /** Gives up open requests and ends the connection; waits for the server to do the same. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#given.abort();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, FAREWELL_MS));
    await Promise.race([this.#client.close().catch(() => {}), late]);
    clearTimeout(timer);
    this.#client.abort();
  }

  async #result(request: HttpRequest): Promise<unknown> {
    return await withRemoteErrors(async () =>
      (await readApiResult(await this.#send(request))).data
    );
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    const headers = [USER_AGENT, ...request.headers ?? []];
    return await this.#client.request({ ...request, headers, signal: this.#given.signal });
  }
}
