import { ConnectionError } from "../errors/mod.ts";
import { acceptNext } from "./_accept_next.ts";
import type { ConnectionSource, IncomingConnection } from "./connection_source.ts";

/** A Unix socket that is listened on; nobody but this user may connect. */
export class UnixListener implements ConnectionSource {
  /** Sockets have no ports. */
  readonly port = 0;
  readonly #listener: Deno.UnixListener;
  readonly #path: string;
  #isClosed = false;

  private constructor(listener: Deno.UnixListener, path: string) {
    this.#listener = listener;
    this.#path = path;
  }

  /**
   * Starts to listen. A socket that was left there by somebody who has ended is replaced.
   *
   * @throws {ConnectionError} if the path is taken or cannot be made.
   */
  static async listen(path: string): Promise<UnixListener> {
    try {
      await removeDead(path);
      const mask = Deno.umask(0o177);
      try {
        return new UnixListener(Deno.listen({ transport: "unix", path }), path);
      } finally {
        Deno.umask(mask);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`cannot listen on unix:${path}: ${reason}`, { cause });
    }
  }

  /** The next connection; undefined once it was closed. One call at a time. */
  async accept(): Promise<IncomingConnection | undefined> {
    const connection = await acceptNext(() => this.#listener.accept(), () => this.#isClosed);
    const address = `unix:${this.#path}`;
    return connection && { connection, address, peer: address };
  }

  /** Takes no more, and removes the socket; what was accepted stays. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    try {
      Deno.removeSync(this.#path);
    } catch {
      // Somebody has removed it.
    }
  }
}

/** Removes a socket that nobody listens on. */
async function removeDead(path: string): Promise<void> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) await Deno.remove(path);
  }
}
