import { type AddressInfo, createServer, Server, type Socket } from "node:net";
import tls from "node:tls";
import { ConnectionError } from "../errors/mod.ts";
import { type Duplex, NodeSocketDuplex } from "../duplex/mod.ts";
import { ConnectionPlaces, type Place } from "./connection_places.ts";
import { tuneSocket } from "./tcp.ts";

/** Time for a TLS handshake (spec: protocol.md §1.1). */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long a connection may wait after one could not be accepted, e.g. for want of a descriptor. */
const REARM_MS = 250;
/** Connections that may wait to be accepted; also what the runtime asks for. */
const BACKLOG = 511;
/** The first byte of every TLS connection: a handshake record. */
const HANDSHAKE_RECORD = 0x16;

/** Address to listen on, and certificate to show. */
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
  /** Connections at a time, shared as {@linkcode ConnectionPlaces} says. Default 1000. */
  readonly maxConnections?: number;
  /** Time for a handshake. Default 10 s. */
  readonly handshakeTimeoutMs?: number;
  /** Called for connections that do not start with TLS. Default: they are closed. */
  readonly acceptPlain?: (connection: AcceptedConnection) => void;
}

/** A connection that a listener accepted. */
export interface AcceptedConnection {
  readonly duplex: Duplex;
  /** The protocol that ALPN selected. */
  readonly protocol: string | undefined;
  readonly remoteAddress: string;
  /** Aborted when the connection is over, no matter which end ended it. */
  readonly ended: AbortSignal;
  /** Its peer has shown who it is: it is not ended to make room for others. */
  readonly keep: () => void;
}

/** Accepts TLS connections. */
export class TlsListener {
  readonly #server: Server;
  /** Connections past their handshakes, by the name of their other end. */
  readonly #adopted = new Map<string, Duplex>();
  /** Sockets whose handshake is not over, by the name of their other end. */
  readonly #handshaking = new Map<
    string,
    { socket: Socket; timer: ReturnType<typeof setTimeout>; place: Place }
  >();

  #rearm: ReturnType<typeof setInterval> | undefined;

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
    const places = new ConnectionPlaces(options.maxConnections ?? 1000);
    const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    server.on("connection", (socket: Socket) => {
      const end = nameOf(socket);
      const place = places.enter(socket.remoteAddress ?? "unknown", () => {
        // TLS has made another socket of it, once the handshake is over.
        const adopted = listener.#adopted.get(end);
        if (adopted === undefined) giveUp();
        else adopted.abort(new ConnectionError("the connection gave way to others"));
      });
      if (place === undefined) return void socket.destroy();
      const giveUp = () => {
        socket.destroy();
        listener.#handshakeOver(end)?.leave();
      };
      // A peer that never speaks must not hold a place.
      const timer = setTimeout(giveUp, timeoutMs);
      listener.#handshaking.set(end, { socket, timer, place });
      socket.once("close", () => listener.#handshakeOver(end)?.leave());
      socket.on("error", () => socket.destroy());
      socket.once("data", (first: Uint8Array) => {
        socket.pause();
        socket.unshift(first);
        if (first[0] === HANDSHAKE_RECORD) return void tlsServer.emit("connection", socket);
        if (options.acceptPlain === undefined) return giveUp();
        options.acceptPlain(listener.#adopt(socket, undefined));
        socket.resume();
      });
    });
    tlsServer.on("tlsClientError", (_error: Error, socket: tls.TLSSocket) => socket.destroy());
    tlsServer.on("secureConnection", (socket: tls.TLSSocket) => {
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
    listener.#rearm = setInterval(() => acceptAgain(server), REARM_MS);
    Deno.unrefTimer(listener.#rearm);
    return listener;
  }

  /** The port that was bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#adopted.size;
  }

  /** Accepts no more; connections stay. */
  stop(): void {
    clearInterval(this.#rearm);
    this.#server.close();
  }

  /** Accepts no more and cuts all connections. */
  close(): void {
    this.stop();
    for (const { socket } of this.#handshaking.values()) socket.destroy();
    for (const duplex of this.#adopted.values()) duplex.abort();
  }

  #adopt(socket: Socket, protocol: string | undefined): AcceptedConnection {
    tuneSocket(socket);
    const remoteAddress = socket.remoteAddress ?? "unknown";
    const end = nameOf(socket);
    const place = this.#handshakeOver(end);
    const duplex = new NodeSocketDuplex(socket, end);
    const over = new AbortController();
    this.#adopted.set(end, duplex);
    socket.once("close", () => {
      over.abort();
      if (this.#adopted.get(end) === duplex) this.#adopted.delete(end);
      place?.leave();
    });
    return { duplex, protocol, remoteAddress, ended: over.signal, keep: () => place?.keep() };
  }

  /** @returns the place that the connection has. */
  #handshakeOver(end: string): Place | undefined {
    const handshake = this.#handshaking.get(end);
    clearTimeout(handshake?.timer);
    this.#handshaking.delete(end);
    return handshake?.place;
  }
}

/**
 * The runtime gives up to accept, without a word and for ever, when the system refuses once. Asking
 * its handle to listen makes it try again; where it has not given up nothing happens.
 */
function acceptAgain(server: Server): void {
  const { _handle } = server as { _handle?: { listen?: (backlog: number) => number } };
  if (server.listening) _handle?.listen?.(BACKLOG);
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}
