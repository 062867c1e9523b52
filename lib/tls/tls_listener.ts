import { Server, type Socket } from "node:net";
import type { Duplex as Stream } from "node:stream";
import tls from "node:tls";
import { ConnectionError } from "../errors/mod.ts";
import {
  type ByteConnection,
  type ConnectionSource,
  denoConnStream,
  type Duplex,
  type IncomingConnection,
  NodeSocketDuplex,
} from "../duplex/mod.ts";
import { ConnectionPlaces, type Place } from "./connection_places.ts";
import { tuneSocket } from "./tcp.ts";
import { TcpServer } from "./_tcp_server.ts";

/** Time for a TLS handshake (spec: protocol.md §1.1). */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Read to see whether it is TLS. */
const FIRST_BYTES = 4096;
const MIN_VERSION = "TLSv1.2";
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
  /** Brings connections, instead of TCP; owned from now on. */
  readonly source?: ConnectionSource;
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

/** The other end of a connection. */
interface Peer {
  /** Its machine. */
  readonly address: string;
  /** Address and port: no two that are connected have the same. */
  readonly name: string;
}

/** Accepts TLS connections. */
export class TlsListener {
  readonly #options: TlsListenOptions;
  readonly #accept: (connection: AcceptedConnection) => void;
  readonly #places: ConnectionPlaces;
  /** Connections past their handshakes, by the name of their other end. */
  readonly #adopted = new Map<string, Duplex>();
  /** Those whose handshake is not over, by the name of their other end. */
  readonly #handshaking = new Map<
    string,
    {
      cut: () => void;
      timer: ReturnType<typeof setTimeout>;
      place: Place;
      /** Stream below TLS, where the bytes come from. */
      transport: Stream | undefined;
    }
  >();
  /** Source of the connections. */
  #front: { readonly port: number; close(): void } | undefined;

  private constructor(
    options: TlsListenOptions,
    accept: (connection: AcceptedConnection) => void,
  ) {
    this.#options = options;
    this.#accept = accept;
    this.#places = new ConnectionPlaces(options.maxConnections ?? 1000);
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
    const listener = new TlsListener(options, accept);
    if (options.source !== undefined) listener.#takeFrom(options.source);
    else await listener.#listenOnTcp();
    return listener;
  }

  async #listenOnTcp(): Promise<void> {
    const { certificate, privateKey, protocols } = this.#options;
    // Listens for nobody: sockets are given to it when their first byte is that of TLS.
    const tlsServer = tls.createServer({
      cert: certificate,
      key: privateKey,
      minVersion: MIN_VERSION,
      ...protocols === undefined ? {} : { ALPNProtocols: [...protocols] },
    });
    // In older runtimes it is a server of its own kind, which has no use for others' sockets.
    if (!(tlsServer instanceof Server)) {
      throw new ConnectionError("this runtime's TLS server takes no sockets (Deno 2.8 does)");
    }
    tlsServer.on("tlsClientError", (_error: Error, socket: tls.TLSSocket) => socket.destroy());
    tlsServer.on("secureConnection", (socket: tls.TLSSocket) => {
      tuneSocket(socket);
      const peer = peerOf(socket);
      const transport = this.#handshaking.get(peer.name)?.transport;
      this.#accept(this.#adopt(socket, peer, socket.alpnProtocol || undefined, transport));
    });
    this.#front = await TcpServer.listen(this.#options, (socket) => {
      const peer = peerOf(socket);
      if (!this.#admit(peer, () => socket.destroy(), socket)) return;
      tuneSocket(socket);
      socket.once("close", () => this.#handshakeOver(peer)?.leave());
      socket.on("error", () => socket.destroy());
      socket.once("data", (first: Uint8Array) => {
        socket.pause();
        socket.unshift(first);
        if (first[0] === HANDSHAKE_RECORD) tlsServer.emit("connection", socket);
        else this.#givePlain(socket, peer);
      });
    });
  }

  #takeFrom(source: ConnectionSource): void {
    const { certificate, privateKey, protocols } = this.#options;
    const secureContext = tls.createSecureContext({
      cert: certificate,
      key: privateKey,
      minVersion: MIN_VERSION,
    });
    this.#front = source;
    const greet = async ({ connection, address, peer: name }: IncomingConnection) => {
      const peer = { address, name };
      if (!this.#admit(peer, () => connection.close())) return;
      const first = new Uint8Array(FIRST_BYTES);
      const length = await connection.read(first).catch(() => null);
      if (length === null) return this.#giveUp(peer);
      const stream = denoConnStream(beginningWith(first.subarray(0, length), connection));
      stream.once("close", () => this.#handshakeOver(peer)?.leave());
      // Stays: a failure may be reported more than once.
      stream.on("error", () => stream.destroy());
      const handshake = this.#handshaking.get(peer.name);
      if (handshake === undefined) return void stream.destroy();
      handshake.cut = () => stream.destroy();
      if (first[0] !== HANDSHAKE_RECORD) return this.#givePlain(stream, peer);
      const socket = new tls.TLSSocket(stream as Socket, {
        isServer: true,
        secureContext,
        ...protocols === undefined ? {} : { ALPNProtocols: [...protocols] },
      });
      socket.on("error", () => stream.destroy());
      socket.once("secure", () => {
        this.#accept(this.#adopt(socket, peer, socket.alpnProtocol || undefined, stream));
      });
    };
    (async () => {
      for (let next; (next = await source.accept()) !== undefined;) {
        const { address, peer: name } = next;
        greet(next).catch(() => this.#giveUp({ address, name }));
      }
    })();
  }

  /** The port that was bound. */
  get port(): number {
    return this.#front!.port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#adopted.size;
  }

  /** Accepts no more; connections stay. */
  stop(): void {
    this.#front?.close();
  }

  /** Accepts no more and cuts all connections. */
  close(): void {
    this.stop();
    for (const { cut } of this.#handshaking.values()) cut();
    for (const duplex of this.#adopted.values()) duplex.abort();
  }

  /**
   * Gives a place to a connection that has come in.
   *
   * @param cut Ends it.
   * @param transport What TLS would take its bytes from.
   * @returns whether there was a place; if not, it has ended.
   */
  #admit(peer: Peer, cut: () => void, transport?: Stream): boolean {
    const place = this.#places.enter(peer.address, () => {
      // TLS has made another socket of it, once the handshake is over.
      const adopted = this.#adopted.get(peer.name);
      if (adopted === undefined) this.#giveUp(peer);
      else adopted.abort(new ConnectionError("the connection gave way to others"));
    });
    if (place === undefined) {
      cut();
      return false;
    }
    // A peer that never speaks must not hold a place.
    const timeoutMs = this.#options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    const timer = setTimeout(() => this.#giveUp(peer), timeoutMs);
    this.#handshaking.set(peer.name, { cut, timer, place, transport });
    return true;
  }

  #giveUp(peer: Peer): void {
    this.#handshaking.get(peer.name)?.cut();
    this.#handshakeOver(peer)?.leave();
  }

  #givePlain(socket: Stream, peer: Peer): void {
    const { acceptPlain } = this.#options;
    if (acceptPlain === undefined) return this.#giveUp(peer);
    acceptPlain(this.#adopt(socket, peer, undefined));
    socket.resume();
  }

  #adopt(
    socket: Stream,
    peer: Peer,
    protocol: string | undefined,
    transport: Stream = socket,
  ): AcceptedConnection {
    const place = this.#handshakeOver(peer);
    const duplex = new NodeSocketDuplex(socket, peer.name, transport);
    const over = new AbortController();
    this.#adopted.set(peer.name, duplex);
    socket.once("close", () => {
      over.abort();
      if (this.#adopted.get(peer.name) === duplex) this.#adopted.delete(peer.name);
      place?.leave();
    });
    return {
      duplex,
      protocol,
      remoteAddress: peer.address,
      ended: over.signal,
      keep: () => place?.keep(),
    };
  }

  /** @returns the place that the connection has. */
  #handshakeOver(peer: Peer): Place | undefined {
    const handshake = this.#handshaking.get(peer.name);
    clearTimeout(handshake?.timer);
    this.#handshaking.delete(peer.name);
    return handshake?.place;
  }
}

/**
 * A connection of which something was read already. It comes a turn later, when TLS has begun: a
 * failure before that ends the runtime.
 */
function beginningWith(first: Uint8Array, connection: ByteConnection): ByteConnection {
  let left: Uint8Array | undefined = first;
  return {
    read: async (target) => {
      if (left === undefined) return await connection.read(target);
      await new Promise((resolve) => setTimeout(resolve, 0));
      const { length } = left;
      target.set(left);
      left = undefined;
      return length;
    },
    write: (bytes) => connection.write(bytes),
    closeWrite: () => connection.closeWrite?.() ?? Promise.resolve(),
    close: () => connection.close(),
  };
}

function peerOf(socket: Socket): Peer {
  const address = socket.remoteAddress ?? "unknown";
  return { address, name: `${address}:${socket.remotePort ?? 0}` };
}
