/** A client's connection, as long as it lives. */
export class ServerConnection {
  readonly #cleanUps = new Set<() => void>();
  #ended = false;

  /** @param remoteAddress Of the client, without port. */
  constructor(readonly peer: string, readonly remoteAddress: string) {}

  /** Has something done when the connection ends, at once if it has ended. */
  onEnd(cleanUp: () => void): void {
    if (this.#ended) cleanUp();
    else this.#cleanUps.add(cleanUp);
  }

  /** The connection has ended. */
  end(): void {
    this.#ended = true;
    for (const cleanUp of this.#cleanUps) cleanUp();
    this.#cleanUps.clear();
  }
}
