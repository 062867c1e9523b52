import type { Duplex } from "../../duplex/mod.ts";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../../http/mod.ts";
import {
  checkOrigin,
  jsonResponse,
  PageAssets,
  type PageCaller,
  PageError,
  PageService,
  type PageSession,
  type PageTarget,
  parsePageTarget,
  refusalResponse,
} from "../../page/mod.ts";
import { type Credentials, readCredentials, ticketCookie } from "../access/mod.ts";
import type { ConnectionAnswers } from "../memory/mod.ts";
import type { ServerConnection, ServerState } from "../state/mod.ts";
import { logIn, type PageTicket, renew } from "./page_login.ts";
import { ServerPageSource } from "./server_page_source.ts";

/** Snapshots that all who look at the page have open. */
const SNAPSHOTS = { most: 12, mostOfSession: 4 };

/** Parts of the page of a server. */
export interface ServerPageOptions {
  readonly state: ServerState;
  /** Version of the program, which the page shows. */
  readonly version: string;
  /** Told of errors that are the server's own. */
  readonly failed: (error: unknown) => void;
}

/** A browser's connection. */
export interface PageConnection {
  readonly connection: ServerConnection;
  /** Memory that the page holds for it; that of the calls within the process is counted apart. */
  readonly answers: ConnectionAnswers;
  /** Makes a connection to this server within the process, for the same address. */
  readonly connect: () => Promise<Duplex>;
}

/** Answer to a request, and who sent it: empty if nobody is logged in. */
export interface PageResult {
  readonly response: OutgoingResponse;
  readonly authId: string;
}

/** A user who has shown a ticket. */
interface Known {
  readonly authId: string;
  readonly fields: readonly HeaderField[];
  readonly ticket: string;
}

/** The page of a server, behind its login. */
export class ServerPage implements AsyncDisposable {
  readonly #options: ServerPageOptions;
  readonly #service = new PageService(SNAPSHOTS);
  readonly #assets = new PageAssets();

  constructor(options: ServerPageOptions) {
    this.#options = options;
  }

  /** Whether a request is for the page, and not for the API. */
  static isFor({ method, target }: IncomingRequest): boolean {
    if (target.startsWith("/page/")) return true;
    return (method === "GET" || method === "HEAD") && (target === "/" || target.startsWith("/?"));
  }

  /** Answers a request; never throws. */
  async answer(request: IncomingRequest, from: PageConnection): Promise<PageResult> {
    const call = { request, from, authId: "" };
    try {
      return { response: await this.#answer(call), authId: call.authId };
    } catch (error) {
      const response = refusalResponse(error, this.#options.failed);
      return { response, authId: call.authId };
    }
  }

  async #answer(call: Call): Promise<OutgoingResponse> {
    const { request, from } = call;
    const target = parsePageTarget(request);
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (isReading && this.#assets.has(target.path)) {
      return await this.#assets.answer(target.path, request);
    }
    // The name that people call this server by is theirs to know: the browser tells both.
    const host = request.headers.get("host") ?? "";
    checkOrigin(request, [`https://${host}`]);
    switch (target.name) {
      case "session":
        if (request.method !== "GET") break;
        return await this.#showSession(call);
      case "login":
        return await this.#logIn(call);
      case "logout":
        return this.#logOut(await this.#requireUser(call, true));
    }
    const isAction = target.name !== undefined && PageService.isAction(target.name);
    const known = await this.#requireUser(call, isAction);
    await using source = new ServerPageSource({ ...known, connect: from.connect });
    const caller: PageCaller = {
      source,
      sessionKey: known.authId,
      hold: (sizeBytes, signal) => from.answers.hold(sizeBytes, signal),
    };
    return this.#counted(await this.#serve(target, request, caller), from);
  }

  async #serve(target: PageTarget, request: IncomingRequest, caller: PageCaller) {
    if (target.name === undefined) throw new PageError("not-found", "there is no such page");
    return await this.#service.answer(target.name, target.query, request, caller);
  }

  /** Lists wait in memory for their readers. */
  #counted(response: OutgoingResponse, { answers }: PageConnection): OutgoingResponse {
    if (!(response.body instanceof Uint8Array)) return response;
    const held = answers.holdNow(response.body.length);
    if (held === undefined) return response;
    return { ...response, released: () => held[Symbol.dispose]() };
  }

  /**
   * Who sends a request.
   *
   * @param isMeant Whether it has to show that it was meant, by the token against forged requests.
   * @throws {PageError} with `login` if nobody is logged in.
   */
  async #requireUser(call: Call, isMeant: boolean): Promise<Known> {
    const known = await this.#userOf(call);
    if (known === undefined) throw new PageError("login", "nobody is logged in");
    if (!isMeant) return known;
    if (call.request.method !== "POST") {
      throw new PageError("bad-request", "requests that change something are sent with POST");
    }
    const { access } = this.#options.state;
    const credentials = readCredentials(call.request.headers)!;
    const address = call.from.connection.remoteAddress;
    if (await access.authenticate(credentials, "POST", address) === known.authId) return known;
    throw new PageError("forbidden", "the token against forged requests is missing or too old");
  }

  /** The user whose ticket the browser keeps; undefined if it has none that is good. */
  async #userOf(call: Call): Promise<Known | undefined> {
    const { request, from: { connection } } = call;
    const credentials = readCredentials(request.headers);
    if (!isOfBrowser(credentials)) return undefined;
    const { access } = this.#options.state;
    const authId = await access.authenticate(credentials, "GET", connection.remoteAddress);
    if (authId === undefined) return undefined;
    call.authId = authId;
    connection.clientKnown();
    const { csrfToken } = credentials;
    return {
      authId,
      ticket: credentials.ticket,
      fields: [
        ...request.headers.getAll("cookie").map((value) => ["cookie", value] as const),
        ...csrfToken === undefined ? [] : [["csrfpreventiontoken", csrfToken] as const],
      ],
    };
  }

  /** Tells who is logged in, and gives a fresh ticket: a page that stays open is not logged out. */
  async #showSession(call: Call): Promise<OutgoingResponse> {
    const known = await this.#userOf(call);
    if (known === undefined) return jsonResponse(this.#session());
    return this.#loggedIn(await renew(call.from.connect, known.authId, known.ticket));
  }

  async #logIn({ request, from }: Call): Promise<OutgoingResponse> {
    if (request.method !== "POST") {
      throw new PageError("bad-request", "a login is sent with POST");
    }
    const result = await logIn(request, from.connect);
    if (!("ticket" in result)) return jsonResponse(result);
    const { headers = [], ...response } = this.#loggedIn(result, true);
    return { ...response, headers };
  }

  #loggedIn(ticket: PageTicket, asLogin = false): OutgoingResponse {
    const session = this.#session(ticket);
    return jsonResponse(asLogin ? { state: "complete", session } : session, {
      headers: [["set-cookie", ticketCookie(encodeURIComponent(ticket.ticket))]],
    });
  }

  #logOut({ authId }: Known): OutgoingResponse {
    this.#service.endSession(authId);
    return jsonResponse(this.#session(), {
      headers: [["set-cookie", ticketCookie(undefined)]],
    });
  }

  #session(ticket?: PageTicket): PageSession {
    return {
      mode: "serve",
      isLoggedIn: ticket !== undefined,
      title: Deno.hostname(),
      version: this.#options.version,
      hasKey: false,
      ...(ticket === undefined ? {} : { user: ticket.userId, csrfToken: ticket.csrfToken }),
    };
  }

  /** Closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}

/** A request on its way. */
interface Call {
  readonly request: IncomingRequest;
  readonly from: PageConnection;
  authId: string;
}

/** Whether a ticket came in the cookie that scripts cannot see: the page takes no other. */
function isOfBrowser(
  credentials: Credentials | undefined,
): credentials is Credentials & { readonly kind: "ticket" } {
  return credentials?.kind === "ticket" && credentials.hostCookie;
}
