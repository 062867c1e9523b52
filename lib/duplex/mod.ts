/**
 * Two-way byte streams, whatever carries them.
 *
 * A *duplex* reads bytes as they arrive and writes overlapping pieces in order. There is one over a
 * socket of the runtime, one over `node:net` and `node:tls`, one within memory, and one that keeps to
 * a *rate*. *vsock* is what virtual machines and their host talk over without a network; within a
 * machine a Unix socket does. A *pace* is how fast a peer has to get on with what it sends or takes; who
 * does not is cut off.
 *
 * @module
 */

export * from "./byte_connection.ts";
export * from "./connect_unix.ts";
export * from "./connect_vsock.ts";
export * from "./connection_source.ts";
export * from "./deno_conn_duplex.ts";
export * from "./deno_conn_stream.ts";
export * from "./duplex.ts";
export * from "./memory_duplex.ts";
export * from "./minimum_pace.ts";
export * from "./node_socket_duplex.ts";
export * from "./pace_watch.ts";
export * from "./paced_output.ts";
export * from "./rate_limiter.ts";
export * from "./unix_listener.ts";
export * from "./vsock_address.ts";
export * from "./vsock_listener.ts";
