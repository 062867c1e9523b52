import { ConnectionError } from "../errors/mod.ts";
import { DenoConnDuplex } from "./deno_conn_duplex.ts";
import type { Duplex } from "./duplex.ts";
import { describeVsock, type VsockAddress } from "./vsock_address.ts";
import { vsockProblem } from "./_vsock_problem.ts";

/** As long as for TCP (spec: protocol.md §1.4); the kernel gives up after two seconds itself. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes a vsock connection. The runtime must have been started with `--unstable-vsock`, or it ends
 * the process.
 *
 * @param timeoutMs Default 10 s.
 * @returns The runtime's connection; the caller's to close.
 * @throws {ConnectionError} if it cannot be made.
 */
export async function dialVsock(
  { cid, port }: VsockAddress,
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Deno.VsockConn> {
  const name = describeVsock({ cid, port });
  const failed = (reason: string, cause?: unknown) =>
    new ConnectionError(`cannot connect to ${name}: ${reason}`, {
      cause,
      situation: { kind: "server-unreachable", host: `[vsock:${cid}]`, port },
    });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(failed(`no answer in ${timeoutMs} ms`));
    }, timeoutMs);
  });
  const connecting = Deno.connect({ transport: "vsock", cid, port }).then(
    (connection) => {
      if (isLate) connection.close();
      return connection;
    },
    (error) => {
      throw failed(vsockProblem({ cid, port }, error));
    },
  );
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
    connecting.catch(() => {});
  }
}

/**
 * Makes a vsock connection, as a {@linkcode Duplex} (see {@linkcode dialVsock}).
 *
 * @throws {ConnectionError} if it cannot be made.
 */
export async function connectVsock(address: VsockAddress, timeoutMs?: number): Promise<Duplex> {
  return new DenoConnDuplex(await dialVsock(address, timeoutMs), describeVsock(address));
}
