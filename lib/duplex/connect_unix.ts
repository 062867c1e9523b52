import { ConnectionError } from "../errors/mod.ts";
import { DenoConnDuplex } from "./deno_conn_duplex.ts";
import type { Duplex } from "./duplex.ts";

/**
 * Connects to a Unix socket.
 *
 * @throws {ConnectionError} if nobody listens there.
 */
export async function connectUnix(path: string): Promise<Duplex> {
  try {
    return new DenoConnDuplex(await Deno.connect({ transport: "unix", path }), `unix:${path}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectionError(`cannot connect to unix:${path}: ${reason}`, { cause });
  }
}
