import { ConnectionError } from "../errors/mod.ts";
import { acceptNext } from "./_accept_next.ts";
import type { ConnectionSource, IncomingConnection } from "./connection_source.ts";
import { describeVsock, VSOCK_ANY_CID, type VsockAddress } from "./vsock_address.ts";
import { vsockProblem } from "./_vsock_problem.ts";

/**
 * A vsock port that is listened on, for all context ids of this machine: virtual machines reach it
 * if this is their host, the host if it is one of these, and programs beside it.
 */
export class VsockListener implements ConnectionSource {
  readonly port: number;
  readonly #listener: Deno.VsockListener;
  #isClosed = false;

  private constructor(listener: Deno.VsockListener) {
    this.#listener = listener;
    this.port = listener.addr.port;
  }

  /**
   * Starts to listen. The runtime must have been started with `--unstable-vsock`, or it ends the
   * process.
   *
   * @throws {ConnectionError} if the kernel has no vsock or the port is not to be had.
   */
  static listen(port: number, cid: number = VSOCK_ANY_CID): VsockListener {
    try {
      return new VsockListener(Deno.listen({ transport: "vsock", cid, port }));
    } catch (cause) {
      const reason = vsockProblem({ cid, port }, cause);
      throw new ConnectionError(`cannot listen on vsock:${port}: ${reason}`, { cause });
    }
  }

  async accept(): Promise<(IncomingConnection & { readonly from: VsockAddress }) | undefined> {
    const connection = await acceptNext(() => this.#listener.accept(), () => this.#isClosed);
    if (connection === undefined) return undefined;
    const { cid, port } = connection.remoteAddr;
    const from = { cid, port };
    return { connection, address: `vsock:${cid}`, peer: describeVsock(from), from };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
  }
}
