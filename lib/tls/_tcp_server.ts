import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ConnectionError } from "../errors/mod.ts";

/** How long a connection may wait after one could not be accepted, e.g. for want of a descriptor. */
const REARM_MS = 250;
/** Connections that may wait to be accepted; also what the runtime asks for. */
const BACKLOG = 511;

/** Address of a TCP server. */
interface TcpListenOptions {
  /** Address to bind. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port; 0 takes a free one. */
  readonly port: number;
  /** Descriptor of a socket that listens already, instead of host and port. */
  readonly descriptor?: number;
}

/** Takes TCP connections. */
export class TcpServer {
  readonly #server: Server;
  readonly #rearm: ReturnType<typeof setInterval>;

  private constructor(server: Server) {
    this.#server = server;
    this.#rearm = setInterval(() => acceptAgain(server), REARM_MS);
    Deno.unrefTimer(this.#rearm);
  }

  /**
   * Starts to listen.
   *
   * @throws {ConnectionError} if the address cannot be bound.
   */
  static async listen(
    { host = "127.0.0.1", port, descriptor }: TcpListenOptions,
    connected: (socket: Socket) => void,
  ): Promise<TcpServer> {
    const server = createServer();
    server.on("connection", connected);
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: Error) =>
        reject(
          new ConnectionError(`cannot listen on ${host}:${port}: ${cause.message}`, { cause }),
        );
      server.once("error", fail);
      try {
        if (descriptor !== undefined) server.listen({ fd: descriptor }, resolve);
        else server.listen({ port, host }, resolve);
      } catch (error) {
        fail(error as Error);
      }
    });
    return new TcpServer(server);
  }

  /** The port that was bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more; connections stay. */
  close(): void {
    clearInterval(this.#rearm);
    this.#server.close();
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
