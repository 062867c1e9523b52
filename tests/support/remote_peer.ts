import { createSelfSignedCertificate, TlsListener } from "../../lib/tls/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import { Http2Server } from "../../lib/http2/mod.ts";
import type { IncomingRequest, OutgoingResponse } from "../../lib/http/mod.ts";
import { serveConnection } from "../../lib/http1/mod.ts";
import type { RemoteRepositoryOptions } from "../../lib/remote/mod.ts";

/** A request as a peer received it. */
export interface ReceivedRequest {
  /** Number of the connection, in the order in which they were made. */
  readonly connection: number;
  readonly protocol: "rest" | "backup" | "reader";
  readonly method: string;
  /** Without `/api2/json` and query, empty components left out. */
  readonly path: string;
  /** Of query or JSON body. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a script answers: `data` in its envelope, raw bytes, or a refusal. */
export type PeerAnswer =
  | { readonly data: unknown; readonly attributes?: Record<string, unknown> }
  | { readonly raw: Uint8Array }
  | { readonly status: number; readonly text: string }
  | { readonly upgrade: true };

/** Answers requests; undefined is a 404. */
export type PeerScript = (
  request: ReceivedRequest,
) => PeerAnswer | undefined | Promise<PeerAnswer | undefined>;

export const PEER_USER = "joe@pbs";
export const PEER_PASSWORD = "correct horse";
export const PEER_TICKET = "PBS:joe@pbs:65A1B2C3::c2lnbmF0dXJl";
export const PEER_CSRF_TOKEN = "65A1B2C3:dG9rZW4";

/** What a server answers to the login of {@linkcode PEER_USER}; undefined for other calls. */
export function answerLogin(request: ReceivedRequest): PeerAnswer | undefined {
  if (request.method !== "POST" || request.path !== "/access/ticket") return undefined;
  const { username, password } = request.parameters;
  const isRight = username === PEER_USER &&
    (password === PEER_PASSWORD || password === PEER_TICKET);
  if (!isRight) return { status: 401, text: "permission check failed." };
  return {
    data: { username, ticket: PEER_TICKET, CSRFPreventionToken: PEER_CSRF_TOKEN },
  };
}

const PROTOCOLS: Readonly<Record<string, "backup" | "reader">> = {
  "proxmox-backup-protocol-v1": "backup",
  "proxmox-backup-reader-protocol-v1": "reader",
};

/** A scripted server: TLS, HTTP/1.1, upgrades, and a list of all that came. */
export class RemotePeer implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  /** Connections that are open, to be cut by a test. */
  readonly duplexes: Duplex[] = [];
  #listener: TlsListener | undefined;
  #connections = 0;

  private constructor(readonly fingerprint: string, readonly script: PeerScript) {}

  /** Starts on a free port of the loopback address. */
  static async start(script: PeerScript): Promise<RemotePeer> {
    const { fingerprint, certificate, privateKey } = await createSelfSignedCertificate({
      names: ["localhost", "127.0.0.1"],
    });
    const peer = new RemotePeer(fingerprint, script);
    peer.#listener = await TlsListener.listen({ port: 0, certificate, privateKey }, (accepted) => {
      const connection = ++peer.#connections;
      peer.duplexes.push(accepted.duplex);
      serveConnection(accepted.duplex, (request) => peer.#answer(connection, "rest", request));
    });
    return peer;
  }

  get port(): number {
    return this.#listener!.port;
  }

  /** What a client needs to reach it as {@linkcode PEER_USER}. */
  options(authId: string = PEER_USER): RemoteRepositoryOptions {
    return {
      address: { kind: "server", authId, host: "127.0.0.1", port: this.port, datastore: "store1" },
      password: PEER_PASSWORD,
      fingerprint: this.fingerprint,
    };
  }

  /** Ends all connections and the listener. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#listener?.close();
    return Promise.resolve();
  }

  async #answer(
    connection: number,
    protocol: ReceivedRequest["protocol"],
    request: IncomingRequest,
  ) {
    const received = await receive(connection, protocol, request);
    this.requests.push(received);
    const answer = await this.script(received) ?? { status: 404, text: "not found" };
    if ("upgrade" in answer) {
      const upgrade = received.headers["upgrade"] ?? "";
      return {
        upgrade,
        handOver: async (duplex: Duplex) => {
          const inner = PROTOCOLS[upgrade] ?? "rest";
          const server = new Http2Server(duplex, async (request) => {
            const response = await this.#answer(connection, inner, request);
            return "upgrade" in response ? { status: 400 } : response;
          });
          await server.closed;
        },
      };
    }
    return toResponse(answer);
  }
}

async function receive(
  connection: number,
  protocol: ReceivedRequest["protocol"],
  request: IncomingRequest,
): Promise<ReceivedRequest> {
  const [rawPath = "", query = ""] = request.target.split("?");
  const path = "/" + rawPath.split("/").filter((part) => part !== "").join("/");
  const body = await request.body.bytes(64 * 1024 * 1024);
  const headers = Object.fromEntries(request.headers);
  const isJson = headers["content-type"] === "application/json" && body.length > 0;
  return {
    connection,
    protocol,
    method: request.method,
    path: decodeURIComponent(path.replace(/^\/api2\/json/, "")),
    parameters: isJson
      ? JSON.parse(new TextDecoder().decode(body))
      : Object.fromEntries(new URLSearchParams(query)),
    headers,
    body,
  };
}

function toResponse(answer: Exclude<PeerAnswer, { upgrade: true }>): OutgoingResponse {
  const encoder = new TextEncoder();
  if ("status" in answer) return { status: answer.status, body: encoder.encode(answer.text) };
  if ("raw" in answer) {
    // An unannounced length, as servers send files and chunks.
    return {
      status: 200,
      headers: [["content-type", "application/octet-stream"]],
      body: pieces(answer.raw),
    };
  }
  const envelope = { ...answer.attributes, data: answer.data };
  return {
    status: 200,
    headers: [["content-type", "application/json;charset=UTF-8"]],
    body: encoder.encode(JSON.stringify(envelope)),
  };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65536) yield bytes.slice(at, at + 65536);
}
