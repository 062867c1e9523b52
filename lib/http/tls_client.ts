import net from "node:net";
import tls from "node:tls";
import { ConnectionError, TrustError } from "../errors/mod.ts";
import type { Duplex } from "./duplex.ts";
import { NodeSocketDuplex } from "./node_socket_duplex.ts";
import { systemAuthorities } from "./system_authorities.ts";
import { bareHost, CONNECT_TIMEOUT_MS, connectTcp } from "./tcp.ts";
import {
  decideTrust,
  normalizeFingerprint,
  type PeerCertificate,
  type TrustOptions,
  type TrustReason,
} from "./trust.ts";

/** Where to connect and what to trust. */
export interface TlsConnectOptions extends TrustOptions {
  /** Name or address, IPv6 with or without brackets; also what the certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** Makes the TCP connection, for example through a proxy. Default: directly. */
  readonly dial?: (host: string, port: number) => Promise<net.Socket>;
  /** PEM text of certificate authorities instead of the system's. */
  readonly authorities?: string;
  /** Protocols to offer. Default: no ALPN at all (spec: protocol.md §1.1). */
  readonly protocols?: readonly string[];
  /** Time for connection and for handshake, each. Default 10 s. */
  readonly timeoutMs?: number;
}

/** A TLS connection whose certificate was accepted. */
export interface TlsConnection {
  readonly duplex: Duplex;
  readonly certificate: PeerCertificate;
  readonly trustedBy: TrustReason;
  /** What the server selected of the protocols offered. */
  readonly protocol: string | undefined;
}

let authorities: Promise<string | undefined> | undefined;

/**
 * Connects with TLS. Nothing but the handshake is sent before the certificate was accepted.
 *
 * @throws {ConnectionError} if the connection or the handshake fails.
 * @throws {TrustError} if the certificate is not to be trusted.
 */
export async function connectTls(options: TlsConnectOptions): Promise<TlsConnection> {
  const { host, port } = options;
  const server = `${host}:${port}`;
  if (options.fingerprint !== undefined) normalizeFingerprint(options.fingerprint);
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  const ca = options.authorities ?? await (authorities ??= systemAuthorities());
  const socket = options.dial === undefined
    ? await connectTcp(host, port, { timeoutMs })
    : await options.dial(host, port);
  const name = bareHost(host);
  const tlsSocket = await handshake(server, timeoutMs, {
    socket,
    host: name,
    ...net.isIP(name) === 0 ? { servername: name } : {},
    rejectUnauthorized: false,
    ...ca === undefined ? {} : { ca },
    ...options.protocols === undefined ? {} : { ALPNProtocols: [...options.protocols] },
  });
  try {
    const raw = tlsSocket.getPeerCertificate().fingerprint256;
    if (!raw) throw new TrustError(`${server} presented no certificate`);
    const problem = describeProblem(tlsSocket.authorizationError);
    const certificate: PeerCertificate = {
      fingerprint: normalizeFingerprint(raw),
      trustedBySystem: tlsSocket.authorized,
      ...problem === undefined ? {} : { problem },
    };
    const trustedBy = await decideTrust(certificate, options, server);
    return {
      duplex: new NodeSocketDuplex(tlsSocket, server),
      certificate,
      trustedBy,
      protocol: tlsSocket.alpnProtocol || undefined,
    };
  } catch (error) {
    tlsSocket.destroy();
    throw error;
  }
}

function handshake(
  server: string,
  timeoutMs: number,
  options: tls.ConnectionOptions,
): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    const fail = (text: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConnectionError(`TLS handshake with ${server} failed: ${text}`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs);
    const failed = (error: Error) => fail(error.message, error);
    const ended = () => fail("connection was closed");
    socket.once("error", failed);
    socket.once("close", ended);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.off("close", ended);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

function describeProblem(error: unknown): string | undefined {
  if (error === null || error === undefined) return undefined;
  return error instanceof Error ? error.message : String(error);
}
