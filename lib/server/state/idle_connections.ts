import type { Duplex } from "../../duplex/mod.ts";

/** The part of a connection that is needed to end it. */
interface EndableConnection {
  readonly duplex: Pick<Duplex, "abort">;
}

/**
 * Connections without a request, which may be ended without a loss. A request may be worked on for
 * longer than its connection is there: nothing is kept of those that are over.
 */
export class IdleConnections {
  readonly #requests = new Map<EndableConnection, number>();

  /** Connections that are there, with requests or without, apart from upgraded ones. */
  get open(): number {
    return this.#requests.size;
  }

  /** A connection has come. */
  add(connection: EndableConnection): void {
    this.#requests.set(connection, 0);
  }

  /** A connection is over, or belongs to a task from now on. */
  remove(connection: EndableConnection): void {
    this.#requests.delete(connection);
  }

  /** A request has come on a connection. */
  begin(connection: EndableConnection): void {
    this.#count(connection, 1);
  }

  /** A request of a connection is answered, if that is still there. */
  end(connection: EndableConnection): void {
    this.#count(connection, -1);
  }

  /** Ends those that have no request. */
  abort(): void {
    for (const [{ duplex }, requests] of this.#requests) if (requests === 0) duplex.abort();
  }

  #count(connection: EndableConnection, by: number): void {
    const requests = this.#requests.get(connection);
    if (requests !== undefined) this.#requests.set(connection, requests + by);
  }
}
