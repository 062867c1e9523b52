import type net from "node:net";
import { ConnectionError, UsageError } from "../errors/mod.ts";
import { connectTcp } from "./tcp.ts";

/** Port of a proxy when none is given (spec: protocol.md §1.5). */
const DEFAULT_PROXY_PORT = 1080;
/** Limit of the proxy's answer. */
const MAX_HEAD_BYTES = 32 * 1024;
/** Time for the proxy's answer. */
const ANSWER_TIMEOUT_MS = 30_000;

/** An HTTP proxy that makes tunnels. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** `user:password`, as written. */
  readonly credentials?: string;
}

/**
 * Reads a proxy's address: `[http://][user:password@]host[:port]`.
 *
 * @throws {UsageError} if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseProxy("http://me:secret@proxy:3128/"), {
 *   host: "proxy",
 *   port: 3128,
 *   credentials: "me:secret",
 * });
 * ```
 */
export function parseProxy(text: string): Proxy {
  const match =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:([^@/]*)@)?(\[[0-9A-Fa-f:.]+\]|[^@:/[\]]+)(?::(\d{1,5}))?\/?$/
      .exec(text);
  if (match === null) throw new UsageError("the proxy's address is malformed");
  const [, scheme, credentials, host = "", port] = match;
  if (scheme !== undefined && scheme.toLowerCase() !== "http") {
    throw new UsageError(`proxy scheme "${scheme}" is not supported, only "http"`);
  }
  const number = port === undefined ? DEFAULT_PROXY_PORT : Number(port);
  if (number < 1 || number > 65535) throw new UsageError(`proxy port ${port} does not exist`);
  return { host, port: number, ...credentials === undefined ? {} : { credentials } };
}

/**
 * Makes a TCP connection through a proxy (spec: protocol.md §1.5).
 *
 * @param host The server's name as it goes to the proxy, IPv6 with brackets.
 * @throws {ConnectionError} if the proxy cannot be reached or refuses.
 */
export async function connectThroughProxy(
  proxy: Proxy,
  host: string,
  port: number,
): Promise<net.Socket> {
  const socket = await connectTcp(proxy.host, proxy.port);
  const target = `${host}:${port}`;
  let head = `CONNECT ${target} HTTP/1.1\r\n`;
  if (proxy.credentials !== undefined) {
    const bytes = new TextEncoder().encode(proxy.credentials);
    head += `Proxy-Authorization: Basic ${btoa(String.fromCharCode(...bytes))}\r\n`;
  }
  head += `Host: ${target}\r\n\r\n`;
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const fail = (reason: string) => settle(() => reject(refusal(proxy, reason)));
      const timer = setTimeout(() => fail("no answer"), ANSWER_TIMEOUT_MS);
      const onData = (bytes: Uint8Array) => {
        text += new TextDecoder("latin1").decode(bytes);
        if (text.includes("\r\n\r\n")) settle(() => resolve(text));
        else if (text.length > MAX_HEAD_BYTES) fail("the answer is too long");
      };
      const onError = (error: Error) => fail(error.message);
      const onClose = () => fail("connection was closed");
      function settle(then: () => void): void {
        clearTimeout(timer);
        socket.pause();
        socket.off("data", onData).off("error", onError).off("close", onClose);
        then();
      }
      socket.on("data", onData).on("error", onError).on("close", onClose);
      socket.write(head);
    });
    const statusLine = answer.slice(0, answer.indexOf("\r\n"));
    if (!/^HTTP\/1\.[01] 200(?: |$)/.test(statusLine)) throw refusal(proxy, statusLine);
    if (!answer.endsWith("\r\n\r\n") || answer.indexOf("\r\n\r\n") !== answer.length - 4) {
      throw refusal(proxy, "bytes follow the answer");
    }
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function refusal(proxy: Proxy, reason: string): ConnectionError {
  // deno-lint-ignore no-control-regex
  const text = reason.slice(0, 200).replace(/[\x00-\x1f\x7f-\xff]/g, "?");
  return new ConnectionError(`proxy ${proxy.host}:${proxy.port} made no tunnel: ${text}`);
}
