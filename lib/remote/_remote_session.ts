import { AuthError, ConnectionError } from "../errors/mod.ts";
import { type ApiParameters, type CallOptions, RestClient } from "../rest/mod.ts";
import { connectThroughProxy, connectTls, type TlsConnectOptions } from "../tls/mod.ts";
import {
  denoConnStream,
  dialVsock,
  type Duplex,
  RateLimitedDuplex,
  RateLimiter,
} from "../duplex/mod.ts";
import { Http2Client } from "../http2/mod.ts";
import { type PlacedSnapshot, vsockCidOf } from "../repository/mod.ts";
import { LoginRefusedError } from "./_login_refused_error.ts";
import { withRemoteErrors } from "./_remote_error.ts";
import {
  locateServer,
  type RemoteRepositoryOptions,
  type ServerLocation,
} from "./remote_options.ts";
import { ServerLogin } from "./server_login.ts";
import { ServerTrust } from "./server_trust.ts";

/** Without a byte from the server while it owes an answer. */
const STALL_MS = 60_000;
/** Of a file of a snapshot: the index of 100 TiB in chunks of 4 MiB, or 25 in those of 64 KiB. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Between two looks at a task. */
const TASK_POLL_MS = 1000;
/**
 * Bytes that the server may send ahead; more takes memory and is no faster below 100 ms of distance.
 */
const RECEIVE_WINDOW_BYTES = 32 * 1024 * 1024;
/** The authority that the official client names (spec: protocol.md §4.6). */
const UPGRADED_AUTHORITY = "localhost:8007";

/** The two protocols that an API connection can be turned into (spec: protocol.md §4.1). */
const PROTOCOLS = {
  backup: "proxmox-backup-protocol-v1",
  reader: "proxmox-backup-reader-protocol-v1",
} as const;

/** One logged-in client of one server: REST calls, and connections of the two protocols. */
export class RemoteSession {
  readonly location: ServerLocation;
  /** Between two looks at the log of a running task. */
  readonly taskPollMs: number;
  readonly #client: RestClient;
  readonly #login: ServerLogin;
  readonly #stallMs: number;

  private constructor(
    options: RemoteRepositoryOptions,
    location: ServerLocation,
    login: ServerLogin,
  ) {
    this.location = location;
    this.#login = login;
    this.#stallMs = options.timeouts?.stallMs ?? STALL_MS;
    this.taskPollMs = options.timeouts?.taskPollMs ?? TASK_POLL_MS;
    const { headMs } = options.timeouts ?? {};
    this.#client = new RestClient({
      connect: options.connect ?? connector(options, location),
      authority: `${location.host}:${location.port}`,
      authentication: options.authentication ?? (() => login.fields(this.#client)),
      ...(headMs === undefined ? {} : { headTimeoutMs: headMs }),
    });
  }

  /** Nothing is sent yet. @throws {AuthError} if there is nothing to log in with. */
  static async prepare(options: RemoteRepositoryOptions): Promise<RemoteSession> {
    const location = locateServer(options.address);
    // Who is logged in already needs no secret.
    const given = options.authentication === undefined ? options : { ...options, password: "" };
    return new RemoteSession(options, location, await ServerLogin.prepare(given, location));
  }

  /** Path of the datastore's API calls, with what follows it. */
  datastorePath(call: string): string {
    return `admin/datastore/${encodeURIComponent(this.location.datastore)}/${call}`;
  }

  /** Logs in, or does nothing for an API token. */
  async logIn(): Promise<void> {
    await withRemoteErrors(() => this.#login.fields(this.#client));
  }

  /** The `data` of an API call. @throws the local forms' errors for what the server refuses. */
  async call(
    method: string,
    path: string,
    parameters: ApiParameters = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    return (await this.callWithAttributes(method, path, parameters, options)).data;
  }

  /** As `call`, with the members beside `data`. */
  async callWithAttributes(
    method: string,
    path: string,
    parameters: ApiParameters = {},
    options: CallOptions = {},
  ): Promise<{ data: unknown; attributes: Readonly<Record<string, unknown>> }> {
    return await this.#refusing(() => this.#client.call(method, path, parameters, options));
  }

  /** The raw bytes of a file. */
  async download(path: string, parameters: ApiParameters): Promise<Uint8Array> {
    const { body } = await this.#refusing(() => this.#client.download(path, parameters));
    return await body.bytes(MAX_FILE_BYTES);
  }

  /** Sends raw bytes, its parameters in the query. */
  async upload(path: string, parameters: ApiParameters, body: Uint8Array): Promise<void> {
    await this.#refusing(() => this.#client.upload(path, parameters, body));
  }

  /**
   * Opens a backup or reader connection.
   *
   * @param namespace Left out if it is the root.
   */
  async upgrade(
    protocol: keyof typeof PROTOCOLS,
    { namespace, snapshot }: PlacedSnapshot,
    parameters: ApiParameters,
  ): Promise<Http2Client> {
    const duplex = await this.#refusing(() =>
      this.#client.upgrade(protocol, PROTOCOLS[protocol], {
        "backup-id": snapshot.id,
        "backup-time": snapshot.time,
        "backup-type": snapshot.type,
        ...parameters,
        ns: namespace === "" ? undefined : namespace,
        store: this.location.datastore,
      })
    );
    return new Http2Client(duplex, {
      authority: UPGRADED_AUTHORITY,
      stallTimeoutMs: this.#stallMs,
      streamWindowBytes: RECEIVE_WINDOW_BYTES,
      connectionWindowBytes: RECEIVE_WINDOW_BYTES,
    });
  }

  /**
   * Turns refusals into the local forms' errors; says whose credentials were refused. A ticket that
   * is refused is replaced once, if the password is known: nothing was done yet.
   */
  async #refusing<T>(call: () => Promise<T>, mayLogInAgain = true): Promise<T> {
    const startedMs = Date.now();
    try {
      return await withRemoteErrors(call);
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error;
      if (mayLogInAgain && this.#login.dropRefused(startedMs)) {
        return await this.#refusing(call, false);
      }
      const { isToken, authId, host } = this.location;
      const who = isToken ? `API token ${authId}` : `the ticket of ${authId}`;
      throw new AuthError(`${who} was refused by ${host}: ${error.message}`, {
        cause: error,
        situation: { kind: "login-refused", isToken },
      });
    }
  }

  /** Ends all connections of API calls and stops renewing the ticket. */
  async close(): Promise<void> {
    this.#login.close();
    await this.#client.close();
  }
}

/** How the server is reached; all connections share the limits. */
function connector(
  options: RemoteRepositoryOptions,
  { host, port }: ServerLocation,
): () => Promise<Duplex> {
  const { limits, timeouts } = options;
  const trust = new ServerTrust(options, host, port);
  const [incoming, outgoing] = [options.incomingLimit ?? limits, options.outgoingLimit ?? limits]
    .map((limit) => limit && new RateLimiter(limit));
  const way = wayTo(host, options);
  return async () => {
    if (host === "") throw new ConnectionError("cannot connect: the server's name is empty");
    const { duplex } = await connectTls({
      host,
      port,
      ...trust.tlsOptions,
      ...(timeouts?.connectMs === undefined ? {} : { timeoutMs: timeouts.connectMs }),
      ...way,
    });
    return incoming || outgoing ? new RateLimitedDuplex(duplex, incoming, outgoing) : duplex;
  };
}

/** The way to the server, if it is not TCP directly: vsock, which needs no proxy, or through one. */
function wayTo(
  host: string,
  { proxy, timeouts }: RemoteRepositoryOptions,
): Pick<TlsConnectOptions, "dial" | "isNameless"> {
  const cid = vsockCidOf(host);
  if (cid !== undefined) {
    return {
      dial: async (_, port) => denoConnStream(await dialVsock({ cid, port }, timeouts?.connectMs)),
      isNameless: true,
    };
  }
  return proxy === undefined
    ? {}
    : { dial: (name, number) => connectThroughProxy(proxy, name, number) };
}
