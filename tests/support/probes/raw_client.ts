import { concatBytes } from "../../../lib/bytes/mod.ts";
import type { Duplex } from "../../../lib/duplex/mod.ts";

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A request that no polite client would send. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly version?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** HTTP/1.1 by hand over one connection: nothing is added to a request, nothing is checked. */
export class RawClient {
  #pending: Uint8Array = new Uint8Array(0);

  constructor(readonly duplex: Duplex) {}

  /** Sends a request. @returns The answer, or undefined if the connection ended without one. */
  async request(request: RawRequest): Promise<RawAnswer | undefined> {
    const { method, target, version = "1.1", headers, body } = request;
    const lines = [`${method} ${target} HTTP/${version}`];
    for (const [name, value] of headers) lines.push(`${name}: ${value}`);
    if (body.length > 0) lines.push(`content-length: ${body.length}`);
    const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
    try {
      // A server may answer and close before it has taken everything.
      this.duplex.write(concatBytes([head, body])).catch(() => {});
      return await this.#answer(method);
    } catch {
      return undefined;
    }
  }

  /** What follows the answer, for an upgrade. */
  rest(): Duplex {
    const pending = this.#pending;
    const { duplex } = this;
    if (pending.length === 0) return duplex;
    let first = true;
    return {
      peer: duplex.peer,
      read: () => {
        if (!first) return duplex.read();
        first = false;
        return Promise.resolve(pending);
      },
      write: (bytes) => duplex.write(bytes),
      close: () => duplex.close(),
      abort: (reason) => duplex.abort(reason),
    };
  }

  async #answer(method: string): Promise<RawAnswer | undefined> {
    let end = -1;
    while ((end = find(this.#pending, "\r\n\r\n")) < 0) if (!await this.#more()) return undefined;
    const [statusLine = "", ...lines] = new TextDecoder("latin1").decode(this.#take(end + 4))
      .trimEnd().split("\r\n");
    const headers = new Map(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const status = Number(statusLine.split(" ")[1]);
    if (status === 101 || method === "HEAD") return { status, headers, body: new Uint8Array(0) };
    return { status, headers, body: await this.#body(headers) };
  }

  async #body(headers: ReadonlyMap<string, string>): Promise<Uint8Array> {
    const length = headers.get("content-length");
    if (length !== undefined) {
      await this.#need(Number(length));
      return this.#take(Number(length));
    }
    if (headers.get("transfer-encoding") !== "chunked") {
      while (await this.#more()) { /* to the end */ }
      return this.#take(this.#pending.length);
    }
    const parts: Uint8Array[] = [];
    for (;;) {
      let end = -1;
      while ((end = find(this.#pending, "\r\n")) < 0) await this.#need(this.#pending.length + 1);
      const size = parseInt(new TextDecoder().decode(this.#take(end + 2)), 16);
      await this.#need(size + 2);
      parts.push(this.#take(size));
      this.#take(2);
      if (size === 0) return concatBytes(parts);
    }
  }

  async #need(length: number): Promise<void> {
    while (this.#pending.length < length) {
      if (!await this.#more()) throw new Error("answer was cut off");
    }
  }

  #take(length: number): Uint8Array {
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.subarray(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    const bytes = await this.duplex.read();
    if (bytes === undefined) return false;
    this.#pending = concatBytes([this.#pending, bytes]);
    return true;
  }
}

function find(bytes: Uint8Array, text: string): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < text.length && bytes[at + i] === text.charCodeAt(i)) i++;
    if (i === text.length) return at;
  }
  return -1;
}
