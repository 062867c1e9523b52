import { concatBytes } from "../../../lib/bytes/mod.ts";
import type { BucketOptions } from "../../../lib/s3/mod.ts";
import type { S3Server } from "./s3_server.ts";

/** A request on its way. */
export interface RelayedRequest {
  readonly method: string;
  readonly target: string;
  /** The whole head. */
  readonly head: string;
  /** Requests before this one. */
  readonly index: number;
}

/**
 * The place where a connection is cut: before anything reaches the server, within the request's head or
 * its body, behind the request that the server has carried out (the answer is lost), within the
 * answer's head, or its body.
 */
export type CutPlace = "before" | "head" | "body" | "answer" | "answer-head" | "answer-body";

/** Something that happens to a request. */
export type RelayFault =
  | { readonly cut: CutPlace }
  /** An answer instead of the server's, which does not see the request. */
  | { readonly answer: string }
  /** The request reaches the server twice; the second answer is the one that is told. */
  | { readonly repeat: true }
  /** A bit of its body is another one. */
  | { readonly flip: true }
  /** The server's answer, changed. */
  | { readonly change: (answer: string) => string };

const HEAD_END = "\r\n\r\n";

/**
 * Stands between a client and an S3 server without TLS, knows where a request and its answer begin and
 * end, and does to each what it is told.
 */
export class S3Relay implements Disposable {
  /** Decides about a request; undefined lets it pass. */
  fault: (request: RelayedRequest) => RelayFault | undefined = () => undefined;
  /** All requests so far. */
  readonly requests: RelayedRequest[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();

  /** @param server One that was started without TLS. */
  constructor(readonly server: S3Server) {
    this.#accept();
  }

  /** As the server's, through this relay. */
  get options(): BucketOptions {
    return { ...this.server.options, port: this.#listener.addr.port };
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        this.#open.add(client);
        this.#serve(client).catch(() => {}).finally(() => {
          close(client);
          this.#open.delete(client);
        });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    const source = new Source(client);
    for (let head = await source.head(); head !== undefined; head = await source.head()) {
      const [method = "", target = ""] = head.split(" ", 2);
      const body = await source.take(lengthOf(head) ?? 0);
      const request = { method, target, head, index: this.requests.length };
      this.requests.push(request);
      const fault = this.fault(request);
      if (fault !== undefined && "answer" in fault) {
        await writeAll(client, latin1(fault.answer));
        continue;
      }
      if (fault !== undefined && "repeat" in fault) await this.#ask(head, body);
      if (fault !== undefined && "flip" in fault) body[Math.floor(body.length / 2)]! ^= 1;
      const cut = fault !== undefined && "cut" in fault ? fault.cut : undefined;
      if (cut === "before") return;
      if (cut === "head") return await this.#askHalf(latin1(head.slice(0, head.length / 2)));
      if (cut === "body") {
        return await this.#askHalf(
          concatBytes([latin1(head), body.subarray(0, body.length / 2)]),
        );
      }
      const answer = await this.#ask(head, body);
      if (cut === "answer") return;
      const end = answer.indexOf(HEAD_END) + HEAD_END.length;
      if (cut === "answer-head") return await writeAll(client, latin1(answer.slice(0, end / 2)));
      if (cut === "answer-body") {
        const half = end + Math.floor((answer.length - end) / 2);
        return await writeAll(client, latin1(answer.slice(0, Math.min(half, answer.length - 1))));
      }
      const change = fault !== undefined && "change" in fault ? fault.change : undefined;
      await writeAll(client, latin1(change?.(answer) ?? answer));
    }
  }

  /** The server's whole answer, one character per byte. */
  async #ask(head: string, body: Uint8Array): Promise<string> {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.server.options.port });
    this.#open.add(server);
    try {
      const source = new Source(server);
      await writeAll(server, concatBytes([latin1(head), body]));
      const answer = await source.head() ?? "";
      const isHead = head.startsWith("HEAD ");
      const length = isHead || / (?:204|304) /.test(answer.slice(0, 14)) ? 0 : lengthOf(answer);
      if (length !== undefined) return answer + text(await source.take(length));
      // In chunks: its end is known by the connection's.
      throw new Error("an answer without length");
    } finally {
      this.#open.delete(server);
      close(server);
    }
  }

  async #askHalf(bytes: Uint8Array): Promise<void> {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.server.options.port });
    await writeAll(server, bytes);
    close(server);
  }
}

/** Takes heads and bodies off a connection. */
class Source {
  #pending: Uint8Array = new Uint8Array(0);

  constructor(readonly connection: Deno.Conn) {}

  /** Up to and with the empty line; undefined at the end of the connection. */
  async head(): Promise<string | undefined> {
    while (true) {
      const end = text(this.#pending.subarray(0, 65536)).indexOf(HEAD_END);
      if (end >= 0) return text(await this.take(end + HEAD_END.length));
      if (!await this.#more()) return undefined;
    }
  }

  async take(length: number): Promise<Uint8Array> {
    const parts = [];
    let missing = length;
    while (missing > 0) {
      const part = this.#pending.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      this.#pending = this.#pending.subarray(part.length);
      if (missing > 0 && !await this.#more()) throw new Error("the connection ended");
    }
    return concatBytes(parts);
  }

  async #more(): Promise<boolean> {
    const bytes = new Uint8Array(65536);
    const length = await this.connection.read(bytes);
    if (length === null) return false;
    this.#pending = concatBytes([this.#pending, bytes.subarray(0, length)]);
    return true;
  }
}

function lengthOf(head: string): number | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function latin1(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  let characters = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    characters += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return characters;
}
