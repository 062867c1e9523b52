import { type Duplex, NodeSocketDuplex } from "../duplex/mod.ts";
import { ConnectionError, PbsError } from "../errors/mod.ts";
import type { IncomingBody } from "../http/mod.ts";
import { Http1Client } from "../http1/mod.ts";
import {
  chooseProxy,
  connectTcp,
  connectThroughProxy,
  connectTls,
  readAuthorities,
} from "../tls/mod.ts";
import type { WebhookTarget } from "./alert_target.ts";

/** As much of an answer as is read, bytes, and shown, characters. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SHOWN = 200;
/** Answers that say "later". */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** A request with its secrets. */
export interface PostedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/**
 * Sends a request and looks at its answer. No redirect is followed: it could lead secrets elsewhere.
 *
 * @param environment Variables that name proxies.
 * @param signal Ends it.
 * @throws {ConnectionError} if another try may work.
 * @throws {PbsError} if the answer is a refusal, naming the host and never the rest of the address.
 */
export async function postOnce(
  target: WebhookTarget,
  request: PostedRequest,
  environment: { get(name: string): string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { url } = request;
  const duplex = await connect(target, url, environment, signal);
  const client = new Http1Client(duplex, {
    host: url.host,
    headTimeoutMs: target.limitSeconds * 1000,
    bodyTimeoutMs: target.limitSeconds * 1000,
  });
  try {
    const response = await client.request({
      method: request.method,
      path: url.pathname + url.search,
      headers: request.headers.map(([name, value]) => [name, value]),
      ...request.method === "GET" ? {} : { body: new TextEncoder().encode(request.body) },
      signal,
    });
    const { status } = response;
    const text = await startOf(response.body);
    if (status >= 200 && status < 300) return;
    const answer = `${url.host} answered ${status}`;
    if (status >= 300 && status < 400) {
      throw new PbsError(`${answer}, a redirect, which is not followed: give the final address`);
    }
    const complaint = text === "" ? answer : `${answer}: ${text}`;
    if (PASSING.includes(status)) throw new ConnectionError(complaint);
    throw new PbsError(complaint);
  } finally {
    client.abort();
  }
}

async function connect(
  target: WebhookTarget,
  url: URL,
  environment: { get(name: string): string | undefined },
  signal: AbortSignal,
): Promise<Duplex> {
  const timeoutMs = target.limitSeconds * 1000;
  const { hostname: host } = url;
  if (url.protocol === "http:") {
    const socket = await connectTcp(host, Number(url.port || "80"), { timeoutMs, signal });
    return new NodeSocketDuplex(socket, url.host);
  }
  const port = Number(url.port || "443");
  const proxy = chooseProxy((name) => environment.get(name), host, port);
  const { fingerprint, authoritiesFile } = target;
  const { duplex } = await connectTls({
    host,
    port,
    timeoutMs,
    ...fingerprint === undefined ? {} : { fingerprint, pinned: true },
    ...authoritiesFile === undefined ? {} : { authorities: await readAuthorities(authoritiesFile) },
    ...proxy === undefined ? {} : { dial: (name, n) => connectThroughProxy(proxy, name, n) },
  });
  return duplex;
}

/** The start of an answer, in one line. */
async function startOf(body: IncomingBody): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let count = 0;
  for (
    let piece = await body.read();
    piece !== undefined && count < MAX_ANSWER_BYTES;
    piece = await body.read()
  ) {
    count += piece.length;
    if (text.length < MAX_SHOWN) text += decoder.decode(piece, { stream: true });
  }
  // deno-lint-ignore no-control-regex -- of a stranger, for a terminal
  return text.slice(0, MAX_SHOWN).replaceAll(/[\x00-\x20\x7f-\x9f]+/g, " ").trim();
}
