import { assertEquals } from "@std/assert";
import { DenoConnDuplex } from "../../lib/duplex/mod.ts";
import type { HeaderField, HttpResponse } from "../../lib/http/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import type { PageSession } from "../../lib/page/page_api.ts";
import { connectTls } from "../../lib/tls/mod.ts";
import { clientCommand } from "./run_client.ts";

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** An answer that was read to its end. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  readonly bytes: Uint8Array;
  /** The body as JSON; its shape is what the test expects. */
  // deno-lint-ignore no-explicit-any -- answers are compared, not used
  readonly json: any;
}

/** A browser as far as the page's requests need one: cookies, and the token against forgery. */
export class PageClient {
  cookie: string | undefined;
  csrfToken: string | undefined;

  /**
   * @param port Of the page.
   * @param fingerprint Of its certificate; without it there is no TLS.
   * @param hostname Its address.
   */
  constructor(
    readonly port: number,
    readonly fingerprint?: string,
    readonly hostname = "127.0.0.1",
  ) {}

  /** Origin of the page. */
  get origin(): string {
    return `http${this.fingerprint === undefined ? "" : "s"}://${this.hostname}:${this.port}`;
  }

  /** A new connection. @param host Value of the `host` field. */
  async connect(host = `${this.hostname}:${this.port}`): Promise<Http1Client> {
    const { hostname, port, fingerprint } = this;
    if (fingerprint === undefined) {
      const connection = await Deno.connect({ hostname, port });
      return new Http1Client(new DenoConnDuplex(connection, "page"), { host });
    }
    const { duplex } = await connectTls({ host: hostname, port, fingerprint });
    return new Http1Client(duplex, { host });
  }

  /** The fields of a request of this browser. */
  fields(more: readonly HeaderField[] = []): HeaderField[] {
    return [...this.cookie === undefined ? [] : [["cookie", this.cookie] as const], ...more];
  }

  /** Sends one request and reads the answer; keeps a cookie that comes with it. */
  async request(
    method: string,
    path: string,
    options: { host?: string; headers?: readonly HeaderField[]; body?: unknown } = {},
  ): Promise<PageAnswer> {
    const client = await this.connect(options.host);
    try {
      const json: HeaderField[] = options.body === undefined
        ? []
        : [["content-type", "application/json"]];
      const response = await client.request({
        method,
        path,
        headers: this.fields([...json, ...options.headers ?? []]),
        ...(options.body === undefined
          ? {}
          : { body: new TextEncoder().encode(JSON.stringify(options.body)) }),
      });
      const bytes = await response.body.bytes(MAX_ANSWER_BYTES);
      const cookie = response.headers.get("set-cookie")?.split(";")[0];
      if (cookie !== undefined) this.cookie = cookie.endsWith("=") ? undefined : cookie;
      const isJson = response.headers.get("content-type") === "application/json";
      return {
        status: response.status,
        headers: response.headers,
        bytes,
        json: isJson ? JSON.parse(new TextDecoder().decode(bytes)) : undefined,
      };
    } finally {
      client.abort();
    }
  }

  /** A request that only looks. */
  async get(
    name: string,
    parameters: Readonly<Record<string, string | number | undefined>> = {},
    headers: readonly HeaderField[] = [],
  ): Promise<PageAnswer> {
    return await this.request("GET", pathOf(name, parameters), { headers });
  }

  /** The same, that has to be granted. */
  // deno-lint-ignore no-explicit-any -- as above
  async ask(name: string, parameters: Record<string, string | number> = {}): Promise<any> {
    const { status, json } = await this.get(name, parameters);
    assertEquals(status, 200, `${name}: ${JSON.stringify(json)}`);
    return json;
  }

  /** A request that changes something, as the page sends it. */
  async post(name: string, body: unknown): Promise<PageAnswer> {
    return await this.request("POST", `/page/${name}`, {
      body,
      headers: [
        ["origin", this.origin],
        ["csrfpreventiontoken", this.csrfToken ?? ""],
      ],
    });
  }

  /** Takes over what a session says. */
  use(session: PageSession): void {
    this.csrfToken = session.csrfToken;
  }
}

function pathOf(
  name: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined) query.append(key, String(value));
  }
  return `/page/${name}?${query}`;
}

/** `pbs-client browse` as a process, with a browser that has opened its address. */
export class BrowseProcess implements AsyncDisposable {
  private constructor(
    readonly child: Deno.ChildProcess,
    /** The address it printed. */
    readonly url: URL,
    readonly client: PageClient,
  ) {}

  /**
   * Starts it.
   *
   * @param args Further arguments.
   * @param program The words that start the program; default this clone in this runtime.
   */
  static async start(
    env: Record<string, string>,
    args: readonly string[] = [],
    program: readonly string[] = clientCommand([]),
  ): Promise<BrowseProcess> {
    const [command = "", ...rest] = [...program, "browse", ...args];
    const child = new Deno.Command(command, {
      args: rest,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
      env: { PBS_LOG: "error", XDG_CACHE_HOME: "/dev/null", ...env },
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`browse ended: ${(await child.status).code}`);
      text += value;
    }
    reader.cancel();
    const url = new URL(text.trim());
    return new BrowseProcess(child, url, new PageClient(Number(url.port)));
  }

  /** Exchanges the token for a session. */
  async enter(): Promise<PageClient> {
    const answer = await this.client.request("GET", `${this.url.pathname}${this.url.search}`);
    assertEquals(answer.status, 303);
    this.client.use(await this.client.ask("session"));
    return this.client;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.child.kill(signal);
    return await this.child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.child.status;
  }
}

/** The path of keys of names. */
export function keysOf(...names: readonly (string | Uint8Array)[]): string {
  return names.map((name) => {
    const bytes = typeof name === "string" ? new TextEncoder().encode(name) : name;
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
      .replaceAll("=", "");
  }).join("/");
}
