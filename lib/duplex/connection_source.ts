import type { ByteConnection } from "./byte_connection.ts";

/** A connection that came in. */
export interface IncomingConnection {
  /** The taker's to close. */
  readonly connection: ByteConnection;
  /** The peer's machine, such as `vsock:3`. */
  readonly address: string;
  /** The peer with its port. */
  readonly peer: string;
}

/** Connections that come in, whatever carries them. */
export interface ConnectionSource {
  /** The port that is listened on. */
  readonly port: number;
  /** The next connection; undefined once the source was closed. One call at a time. */
  accept(): Promise<IncomingConnection | undefined>;
  /** Takes no more; what was accepted stays. */
  close(): void;
}
