import { assertEquals } from "@std/assert";
import { Http1Client } from "../../lib/http1/mod.ts";
import { connectTls } from "../../lib/tls/mod.ts";
import { eventually } from "./eventually.ts";
import type { ServerProcess } from "./server_process.ts";

/** Members of a call's body. */
type Members = Readonly<Record<string, unknown>>;
type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Calls of a server process's REST API as its first administrator. */
export class RestSession {
  readonly #port: number;
  readonly #fingerprint: string;
  #fields: readonly (readonly [string, string])[] = [];

  private constructor(port: number, fingerprint: string) {
    this.#port = port;
    this.#fingerprint = fingerprint;
  }

  /** Logs in with the password that the server has printed. */
  static async open(
    server: ServerProcess,
    password: string = server.clientEnvironment.PBS_PASSWORD!,
  ): Promise<RestSession> {
    const session = new RestSession(server.port, server.clientEnvironment.PBS_FINGERPRINT!);
    const { status, text } = await session.call("POST", "access/ticket", {
      username: "admin@pbs",
      password,
    });
    assertEquals(status, 200, text);
    const { data } = JSON.parse(text);
    session.#fields = [
      ["cookie", `PBSAuthCookie=${encodeURIComponent(data.ticket)}`],
      ["csrfpreventiontoken", data.CSRFPreventionToken],
    ];
    return session;
  }

  /** A call on a connection of its own. */
  async call(
    method: Method,
    path: string,
    members?: Members,
  ): Promise<{ status: number; text: string }> {
    const host = "127.0.0.1";
    const { duplex } = await connectTls({ host, port: this.#port, fingerprint: this.#fingerprint });
    const client = new Http1Client(duplex, { host: `${host}:${this.#port}` });
    const response = await client.request({
      method,
      path: `/api2/json/${path}`,
      headers: [
        ...this.#fields,
        ...members === undefined ? [] : [["content-type", "application/json"] as const],
      ],
      ...members === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(members)) },
    });
    const text = await response.body.text(10_000_000);
    client.abort();
    return { status: response.status, text };
  }

  /** A call that has to succeed. @returns Its data. */
  // deno-lint-ignore no-explicit-any -- of any form.
  async data(method: Method, path: string, members?: Members): Promise<any> {
    const { status, text } = await this.call(method, path, members);
    assertEquals(status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text).data;
  }

  /** A call that starts a task, which is waited for. @returns How it ended, and its log. */
  async task(
    method: Exclude<Method, "GET">,
    path: string,
    members?: Members,
  ): Promise<{ status: string; log: string }> {
    const upid = encodeURIComponent(await this.data(method, path, members ?? {}));
    const node = `nodes/localhost/tasks/${upid}`;
    const status = await eventually(async () => {
      const { exitstatus } = await this.data("GET", `${node}/status`);
      if (exitstatus === undefined) throw new Error("it is still running");
      return exitstatus as string;
    });
    const lines: { t: string }[] = await this.data("GET", `${node}/log?limit=0`);
    return { status, log: lines.map(({ t }) => t).join("\n") };
  }

  /** A task that has to succeed. @returns Its log. */
  async done(
    method: Exclude<Method, "GET">,
    path: string,
    members?: Members,
  ): Promise<string> {
    const { status, log } = await this.task(method, path, members);
    assertEquals(status, "OK", `${method} ${path}: ${log}`);
    return log;
  }
}
