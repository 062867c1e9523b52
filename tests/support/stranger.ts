import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Duplex } from "../../lib/duplex/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { NodeSocketDuplex } from "../../lib/duplex/node_socket_duplex.ts";

/**
 * A TLS connection to a port of this machine from another of its addresses, such as 127.0.0.9: to the
 * server that is another client.
 *
 * @throws the socket's error if the server ends it before the handshake is over.
 */
export async function connectFrom(address: string, port: number): Promise<Duplex> {
  const tcp = connectTcp({ host: "127.0.0.1", port, localAddress: address });
  await new Promise<void>((resolve, reject) => {
    tcp.once("connect", resolve);
    tcp.once("error", reject);
  });
  const socket = connectTls({ socket: tcp, rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before the handshake was over")));
  });
  return new NodeSocketDuplex(socket, address);
}

/** What came back. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** One request on a connection of its own. */
export async function askFrom(
  address: string,
  port: number,
  request: { method: string; path: string; headers?: [string, string][]; body?: string },
): Promise<ReceivedAnswer> {
  const client = new Http1Client(await connectFrom(address, port), { host: "localhost" });
  const { body, ...rest } = request;
  const response = await client.request({
    ...rest,
    ...body === undefined ? {} : { body: new TextEncoder().encode(body) },
  });
  const text = await response.body.text(1 << 20);
  client.abort();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
}

/** Asks for a ticket. */
export function logInFrom(
  address: string,
  port: number,
  username: string,
  password: string,
): Promise<ReceivedAnswer> {
  return askFrom(address, port, {
    method: "POST",
    path: "/api2/json/access/ticket",
    headers: [["content-type", "application/json"]],
    body: JSON.stringify({ username, password }),
  });
}
