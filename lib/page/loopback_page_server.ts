import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { ConnectionError } from "../errors/mod.ts";
import { DenoConnDuplex } from "../duplex/mod.ts";
import type { IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import { LargeHeads, serveConnection } from "../http1/mod.ts";
import { PageAssets } from "./page_assets.ts";
import { PAGE_CSRF_HEADER, type PageSession } from "./page_api.ts";
import { PageService } from "./page_service.ts";
import { checkOrigin, cookieOf, type PageTarget, parsePageTarget } from "./_page_target.ts";
import type { PageCaller } from "./page_source.ts";
import { PageError, refusalResponse } from "./_refusal.ts";
import { CONTENT_FIELDS, jsonResponse } from "./_response.ts";
import type { SinglePageSource } from "./single_page_source.ts";

const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 64;
/** Connections of browsers that nobody uses; those that showed no session are gone much sooner. */
const IDLE_MS = 120_000;
const STRANGER_IDLE_MS = 10_000;
const HEAD_TIMEOUT_MS = 10_000;
/** Decoded chunks that stay in memory for each snapshot that is open. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** Content of the page, and its place. */
export interface LoopbackPageOptions {
  readonly source: SinglePageSource;
  /** Facts that the page shows about itself. */
  readonly session: Pick<
    PageSession,
    "title" | "version" | "hasKey" | "keyFingerprint" | "user"
  >;
  /** 0 takes a free one. */
  readonly port: number;
  /** Told of errors that are our own. */
  readonly failed: (error: unknown) => void;
}

/**
 * The page for one person of this machine: on loopback, for whoever has the address that was shown.
 * The token in it is good once; a cookie takes its place.
 */
export class LoopbackPageServer implements AsyncDisposable {
  readonly #options: LoopbackPageOptions;
  readonly #listener: Deno.TcpListener;
  readonly #service: PageService = new PageService({ keptBytes: KEPT_BYTES });
  readonly #assets = new PageAssets();
  readonly #largeHeads = new LargeHeads();
  readonly #connections = new Map<DenoConnDuplex, Promise<void>>();
  readonly #hosts: readonly string[];
  readonly #cookie: string;
  readonly #csrfToken = newSecret();
  #token: string | undefined = newSecret();
  #sessionId: string | undefined;
  #accepting: Promise<void>;

  private constructor(options: LoopbackPageOptions, listener: Deno.TcpListener) {
    this.#options = options;
    this.#listener = listener;
    const { port } = listener.addr;
    this.#hosts = [`${HOST}:${port}`, `localhost:${port}`];
    // Cookies do not tell ports apart.
    this.#cookie = `pbs-client-page-${port}`;
    this.#accepting = this.#accept();
  }

  /** Starts to serve. @throws {ConnectionError} if the port cannot be bound. */
  static start(options: LoopbackPageOptions): LoopbackPageServer {
    let listener: Deno.TcpListener;
    try {
      listener = Deno.listen({ hostname: HOST, port: options.port });
    } catch (cause) {
      throw new ConnectionError(
        `cannot listen on ${HOST}:${options.port}: ${(cause as Error).message}`,
        { cause },
      );
    }
    return new LoopbackPageServer(options, listener);
  }

  /** The address to open, with the token; without it once that was used. */
  get url(): string {
    const base = `http://${this.#hosts[0]}/`;
    return this.#token === undefined ? base : `${base}?token=${this.#token}`;
  }

  /** Ends all connections and what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const duplex of this.#connections.keys()) duplex.abort();
    await this.#accepting;
    await Promise.allSettled(this.#connections.values());
    await this.#options.source.close();
    await this.#service[Symbol.asyncDispose]();
  }

  async #accept(): Promise<void> {
    for (;;) {
      let connection: Deno.TcpConn;
      try {
        connection = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        // Such as too many open files: the next one may come in.
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      this.#serve(connection);
    }
  }

  #serve(connection: Deno.TcpConn): void {
    const { hostname, port } = connection.remoteAddr;
    const duplex = new DenoConnDuplex(connection, `${hostname}:${port}`);
    if (this.#connections.size >= MAX_CONNECTIONS) return duplex.abort();
    let isKnown = false;
    const served = serveConnection(duplex, async (request) => {
      isKnown ||= this.#hasSession(request);
      return await this.#answer(request);
    }, {
      idleTimeoutMs: () => isKnown ? IDLE_MS : STRANGER_IDLE_MS,
      headTimeoutMs: HEAD_TIMEOUT_MS,
      largeHeads: this.#largeHeads,
    }).finally(() => this.#connections.delete(duplex));
    this.#connections.set(duplex, served);
  }

  async #answer(request: IncomingRequest): Promise<OutgoingResponse> {
    try {
      return await this.#respond(request);
    } catch (error) {
      return refusalResponse(error, this.#options.failed);
    }
  }

  async #respond(request: IncomingRequest): Promise<OutgoingResponse> {
    // A name of somebody else's that leads here would make this page one of theirs.
    const host = request.headers.get("host");
    if (host === undefined || !this.#hosts.includes(host)) {
      return { ...plain("this page is not for that host"), status: 421 };
    }
    const target = parsePageTarget(request);
    if (target.path === "/" && target.query !== "") return this.#takeToken(target);
    if (!this.#hasSession(request)) return notKnown(target);
    if (this.#assets.has(target.path) && isReading(request)) {
      return await this.#assets.answer(target.path, request);
    }
    if (target.name === undefined) throw new PageError("not-found", "there is no such page");
    checkOrigin(request, this.#hosts.map((each) => `http://${each}`));
    const { name } = target;
    if (name === "session" && request.method === "GET") return jsonResponse(this.#session);
    if (PageService.isAction(name)) this.#requireCsrfToken(request);
    return await this.#service.answer(name, target.query, request, this.#caller);
  }

  /** Exchanges the token for a session, once. */
  #takeToken({ query }: PageTarget): OutgoingResponse {
    const given = new URLSearchParams(query).get("token") ?? "";
    if (this.#token === undefined || !isSame(given, this.#token)) {
      return {
        ...plain(
          "This address has been used, or was never given. Start pbs-client browse once more.",
        ),
        status: 401,
      };
    }
    this.#token = undefined;
    this.#sessionId = newSecret();
    return {
      status: 303,
      headers: [
        ["location", "/"],
        ["set-cookie", `${this.#cookie}=${this.#sessionId}; Path=/; HttpOnly; SameSite=Strict`],
        ...CONTENT_FIELDS,
      ],
    };
  }

  #hasSession(request: IncomingRequest): boolean {
    const given = cookieOf(request, this.#cookie);
    return given !== undefined && this.#sessionId !== undefined && isSame(given, this.#sessionId);
  }

  #requireCsrfToken({ headers }: IncomingRequest): void {
    if (isSame(headers.get(PAGE_CSRF_HEADER) ?? "", this.#csrfToken)) return;
    throw new PageError("forbidden", `the header "${PAGE_CSRF_HEADER}" is missing or wrong`);
  }

  get #session(): PageSession {
    return {
      mode: "browse",
      isLoggedIn: true,
      csrfToken: this.#csrfToken,
      ...this.#options.session,
    };
  }

  get #caller(): PageCaller {
    return {
      source: this.#options.source,
      sessionKey: "",
      // There is one person; the number of connections bounds what can be under way.
      hold: () => Promise.resolve({ [Symbol.dispose]: () => {} }),
    };
  }
}

function notKnown({ name }: PageTarget): OutgoingResponse {
  if (name !== undefined) {
    throw new PageError("login", "there is no session: open the address shown");
  }
  return {
    ...plain("Open the address that pbs-client browse has shown; it has a token in it."),
    status: 401,
  };
}

function isReading({ method }: IncomingRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function plain(text: string) {
  return {
    headers: [["content-type", "text/plain;charset=utf-8"], ...CONTENT_FIELDS] as const,
    body: new TextEncoder().encode(`${text}\n`),
  };
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
