/** Passes TCP connections on to a port of this machine, and counts what the clients have sent. */
export class CountingRelay implements Disposable {
  /** Bytes from clients to the server, over all connections. */
  sentBytes = 0;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  /** @param to Port of the server. */
  constructor(to: number) {
    this.#accept(to).catch(() => {});
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Breaks all connections off; new ones are taken. */
  breakOff(): void {
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch (error) {
        // One of its two streams has ended, and closed it.
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
    this.#connections.clear();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #accept(to: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
      this.#connections.add(client).add(server);
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, controller) => {
          this.sentBytes += bytes.length;
          controller.enqueue(bytes);
        },
      });
      client.readable.pipeThrough(counter).pipeTo(server.writable).catch(() => {});
      server.readable.pipeTo(client.writable).catch(() => {});
    }
  }
}
