import { type AddressInfo, createServer, Server, type Socket } from "node:net";
import tls from "node:tls";
import { ConnectionError } from "../errors/mod.ts";
import type { Duplex } from "./duplex.ts";
import { NodeSocketDuplex } from "./node_socket_duplex.ts";
import { tuneSocket } from "./tcp.ts";

/** Time for a TLS handshake (spec: protocol.md §1.1). */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The first byte of every TLS connection: a handshake record. */
const HANDSHAKE_RECORD = 0x16;

/** Where to listen, and as whom. */
export interface TlsListenOptions {
  /** Address to bind. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port; 0 takes a free one. */
  readonly port: number;
  /** Descriptor of a socket that listens already, instead of host and port. */
  readonly descriptor?: number;
  /** PEM text of the certificate and its chain. */
  readonly certificate: string;
  /** PEM text of its private key. */
  readonly privateKey: string;
  /** Protocols to select by ALPN. Default: none, like the official server. */
  readonly protocols?: readonly string[];
  /** Connections at a time; further ones are closed at once. Default 1000. */
  readonly maxConnections?: number;
  /** Time for a handshake. Default 10 s. */
  readonly handshakeTimeoutMs?: number;
  /** Called for connections that do not start with TLS. Default: they are closed. */
  readonly acceptPlain?: (connection: AcceptedConnection) => void;
}

/** A connection that a listener accepted. */
export interface AcceptedConnection {
  readonly duplex: Duplex;
  /** What was selected by ALPN. */
  readonly protocol: string | undefined;
  readonly remoteAddress: string;
}

/** Accepts TLS connections. */
export class TlsListener {
  readonly #server: Server;
  readonly #duplexes = new Set<Duplex>();
  /** Sockets whose handshake is not over, by the name of their other end. */
  readonly #handshaking = new Map<
    string,
    { socket: Socket; timer: ReturnType<typeof setTimeout> }
  >();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Starts to listen.
   *
   * @param accept Called for every connection past its handshake; what it throws is dropped.
   * @throws {ConnectionError} if the address cannot be bound.
   */
  static async listen(
    options: TlsListenOptions,
    accept: (connection: AcceptedConnection) => void,
  ): Promise<TlsListener> {
    // Listens for nobody: sockets are given to it when their first byte is that of TLS.
    const tlsServer = tls.createServer({
      cert: options.certificate,
      key: options.privateKey,
      minVersion: "TLSv1.2",
      ...options.protocols === undefined ? {} : { ALPNProtocols: [...options.protocols] },
    });
    // In older runtimes it is a server of its own kind, which has no use for others' sockets.
    if (!(tlsServer instanceof Server)) {
      throw new ConnectionError("this runtime's TLS server takes no sockets (Deno 2.9 does)");
    }
    const server = createServer();
    const listener = new TlsListener(server);
    const maxConnections = options.maxConnections ?? 1000;
    const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    server.on("connection", (socket: Socket) => {
      if (listener.#duplexes.size + listener.#handshaking.size >= maxConnections) {
        socket.destroy();
        return;
      }
      // A peer that never speaks must not hold a place.
      const end = nameOf(socket);
      const timer = setTimeout(() => socket.destroy(), timeoutMs);
      listener.#handshaking.set(end, { socket, timer });
      socket.once("close", () => listener.#handshakeOver(end));
      socket.on("error", () => socket.destroy());
      socket.once("data", (first: Uint8Array) => {
        socket.pause();
        socket.unshift(first);
        if (first[0] === HANDSHAKE_RECORD) return void tlsServer.emit("connection", socket);
        listener.#handshakeOver(end);
        if (options.acceptPlain === undefined) return void socket.destroy();
        options.acceptPlain(listener.#adopt(socket, undefined));
        socket.resume();
      });
    });
    tlsServer.on("tlsClientError", (_error: Error, socket: tls.TLSSocket) => socket.destroy());
    tlsServer.on("secureConnection", (socket: tls.TLSSocket) => {
      listener.#handshakeOver(nameOf(socket));
      accept(listener.#adopt(socket, socket.alpnProtocol || undefined));
    });
    const host = options.host ?? "127.0.0.1";
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: Error) =>
        reject(
          new ConnectionError(`cannot listen on ${host}:${options.port}: ${cause.message}`, {
            cause,
          }),
        );
      server.once("error", fail);
      try {
        const { descriptor } = options;
        if (descriptor !== undefined) server.listen({ fd: descriptor }, resolve);
        else server.listen({ port: options.port, host }, resolve);
      } catch (error) {
        fail(error as Error);
      }
    });
    return listener;
  }

  /** The port that was bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#duplexes.size;
  }

  /** Accepts no more; connections stay. */
  stop(): void {
    this.#server.close();
  }

  /** Accepts no more and cuts all connections. */
  close(): void {
    this.stop();
    for (const { socket } of this.#handshaking.values()) socket.destroy();
    for (const duplex of this.#duplexes) duplex.abort();
  }

  #adopt(socket: Socket, protocol: string | undefined): AcceptedConnection {
    tuneSocket(socket);
    const remoteAddress = socket.remoteAddress ?? "unknown";
    const duplex = new NodeSocketDuplex(socket, nameOf(socket));
    this.#duplexes.add(duplex);
    socket.once("close", () => this.#duplexes.delete(duplex));
    return { duplex, protocol, remoteAddress };
  }

  #handshakeOver(end: string): void {
    clearTimeout(this.#handshaking.get(end)?.timer);
    this.#handshaking.delete(end);
  }
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}
