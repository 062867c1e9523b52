import type { ConnectionAnswers } from "../memory/mod.ts";

/** A client's connection, as long as it lives. */
export class ServerConnection {
  readonly #cleanUps = new Set<() => void>();
  #ended = false;
  #clientKnown = false;

  /**
   * @param remoteAddress Of the client, without port.
   * @param answers What may be held in memory for it.
   * @param keep Has the connection stay when others need its place.
   */
  constructor(
    readonly peer: string,
    readonly remoteAddress: string,
    readonly answers: ConnectionAnswers,
    readonly keep: () => void,
  ) {}

  /** Whether somebody has shown on it who they are. */
  get isClientKnown(): boolean {
    return this.#clientKnown;
  }

  /** Somebody has shown who they are: the connection does not have to give way to others. */
  clientKnown(): void {
    this.#clientKnown = true;
    this.keep();
  }

  /** Has something done when the connection ends, immediately if it has ended. */
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
