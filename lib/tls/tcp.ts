import net from "node:net";
import { ConnectionError } from "../errors/mod.ts";

/** Idle time before TCP asks whether the peer still lives (spec: protocol.md §1.4). */
const KEEP_ALIVE_MS = 120_000;
/** Time for making a TCP connection (spec: protocol.md §1.4). */
export const CONNECT_TIMEOUT_MS = 10_000;

/** A host as it is dialled: IPv6 addresses without their brackets. */
export function bareHost(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** The settings every connection of ours has (spec: protocol.md §1.4). */
export function tuneSocket(socket: net.Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

/**
 * Makes a TCP connection.
 *
 * @param host Name or address, IPv6 with or without brackets.
 * @throws {ConnectionError} if it cannot be made in time.
 */
export function connectTcp(
  host: string,
  port: number,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<net.Socket> {
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: bareHost(host), port });
    const fail = (text: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new ConnectionError(`cannot connect to ${host}:${port}: ${text}`, {
          cause,
          situation: { kind: "server-unreachable", host, port },
        }),
      );
    };
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs);
    const cancel = () => fail("cancelled", options.signal?.reason);
    options.signal?.addEventListener("abort", cancel, { once: true });
    const failed = (error: Error) => fail(error.message, error);
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", cancel);
      socket.off("error", failed);
      tuneSocket(socket);
      resolve(socket);
    });
    if (options.signal?.aborted) cancel();
  });
}
