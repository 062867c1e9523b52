import net from "node:net";
import type { Duplex as Stream } from "node:stream";
import tls from "node:tls";
import { ConnectionError } from "../errors/mod.ts";
import { type Duplex, NodeSocketDuplex } from "../duplex/mod.ts";
import { systemAuthorities } from "./system_authorities.ts";
import { bareHost, CONNECT_TIMEOUT_MS, connectTcp, tuneSocket } from "./tcp.ts";
import {
  decideTrust,
  normalizeFingerprint,
  type PeerCertificate,
  type TrustOptions,
  type TrustReason,
} from "./trust.ts";

/** Address to connect to, and what to trust. */
export interface TlsConnectOptions extends TrustOptions {
  /** Name or address, IPv6 with or without brackets; also what the certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** Makes the connection, for example through a proxy. Default: TCP, directly. */
  readonly dial?: (host: string, port: number) => Promise<Stream>;
  /**
   * The server has no name that a certificate could be for, so that no authority can vouch for it:
   * the fingerprint or `confirm` decides.
   */
  readonly isNameless?: boolean;
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
  /** The protocol that the server selected of those offered. */
  readonly protocol: string | undefined;
}

/** The system's, of the process: they are some 200 KB of text that no connection changes. */
let authorities: Promise<string | undefined> | undefined;

/**
 * Connects with TLS. Nothing but the handshake is sent before the certificate was accepted.
 *
 * Whether the system trusts a certificate is found out by a handshake that fails if it does not;
 * the flag that older runtimes set on an unverified connection is wrong. So an unexpected
 * certificate costs a second handshake, an expected or valid one does not.
 *
 * @throws {ConnectionError} if the connection or the handshake fails.
 * @throws {TrustError} if the certificate is not to be trusted.
 */
export async function connectTls(options: TlsConnectOptions): Promise<TlsConnection> {
  const server = `${options.host}:${options.port}`;
  const expected = options.fingerprint === undefined
    ? undefined
    : normalizeFingerprint(options.fingerprint);
  let problem: string | undefined;
  if (expected === undefined) {
    const verified = await connectVerified(options);
    if (typeof verified !== "string") return accepted(verified, "system");
    problem = verified;
  }
  const secured = await handshake(options, false);
  const { socket, duplex } = secured;
  try {
    const fingerprint = fingerprintOf(socket);
    if (expected !== undefined && fingerprint !== expected && options.pinned !== true) {
      const verified = await connectVerified(options);
      if (typeof verified !== "string") {
        duplex.abort();
        return accepted(verified, "system");
      }
      problem = verified;
    }
    problem = problem === undefined ? undefined : problemOfTime(socket) ?? problem;
    const certificate: PeerCertificate = {
      fingerprint,
      trustedBySystem: false,
      ...problem === undefined ? {} : { problem },
    };
    return accepted(secured, await decideTrust(certificate, options, server), problem);
  } catch (error) {
    duplex.abort();
    throw error;
  }
}

/** A connection whose certificate the system trusts, or why it does not. */
async function connectVerified(options: TlsConnectOptions): Promise<SecuredSocket | string> {
  if (options.isNameless === true) return "no authority vouches for a server without a name";
  try {
    const secured = await handshake(options, true);
    const { socket, duplex } = secured;
    if (socket.authorized) return secured;
    duplex.abort();
    return String(socket.authorizationError);
  } catch (error) {
    // No connection at all is the same failure for both kinds of handshake.
    const cause = error instanceof ConnectionError ? error.cause : undefined;
    if (!(cause instanceof Error) || !(error instanceof HandshakeError)) throw error;
    return "code" in cause ? String(cause.code) : cause.message;
  }
}

function accepted(
  { socket, duplex }: SecuredSocket,
  trustedBy: TrustReason,
  problem?: string,
): TlsConnection {
  const certificate: PeerCertificate = {
    fingerprint: fingerprintOf(socket),
    trustedBySystem: trustedBy === "system",
    ...problem === undefined ? {} : { problem },
  };
  return {
    duplex,
    certificate,
    trustedBy,
    protocol: socket.alpnProtocol || undefined,
  };
}

/** The problem of a certificate that is not valid now: this runtime's verification does not tell it. */
function problemOfTime(socket: tls.TLSSocket): string | undefined {
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
  if (Date.parse(to) < Date.now()) return "CERT_HAS_EXPIRED";
  return Date.parse(from) > Date.now() ? "CERT_NOT_YET_VALID" : undefined;
}

function fingerprintOf(socket: tls.TLSSocket): string {
  return normalizeFingerprint(socket.getPeerCertificate().fingerprint256);
}

/** A socket past its handshake. */
interface SecuredSocket {
  readonly socket: tls.TLSSocket;
  /**
   * The same, there from the first byte on: nothing else has the server wait while somebody is asked
   * whether to trust it.
   */
  readonly duplex: Duplex;
}

/** The connection was there, the handshake failed. */
class HandshakeError extends ConnectionError {
  override name = "HandshakeError";
}

async function handshake(options: TlsConnectOptions, verify: boolean): Promise<SecuredSocket> {
  const { host, port, protocols } = options;
  const server = `${host}:${port}`;
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  const ca = options.authorities ?? await (authorities ??= systemAuthorities());
  const transport = options.dial === undefined
    ? await connectTcp(host, port, { timeoutMs })
    : await options.dial(host, port);
  const name = bareHost(host);
  return await new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: name,
      socket: transport,
      ...net.isIP(name) === 0 && options.isNameless !== true ? { servername: name } : {},
      rejectUnauthorized: verify,
      ...ca === undefined ? {} : { ca },
      ...protocols === undefined ? {} : { ALPNProtocols: [...protocols] },
    });
    const fail = (text: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new HandshakeError(`TLS handshake with ${server} failed: ${text}`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs);
    // Stays: a failure may be reported more than once.
    for (const one of [transport, socket]) {
      one.on("error", (error: Error) => fail(error.message, error));
    }
    const ended = () => fail("connection was closed");
    socket.once("close", ended);
    socket.once("secureConnect", () => {
      // Older runtimes announce a handshake whose verification has just failed.
      if (!socket.getPeerCertificate()?.fingerprint256) {
        fail("no certificate", new Error("the certificate was not verified"));
        return;
      }
      clearTimeout(timer);
      socket.off("close", ended);
      tuneSocket(socket);
      resolve({ socket, duplex: new NodeSocketDuplex(socket, server, transport) });
    });
  });
}
