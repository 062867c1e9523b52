import { Socket } from "node:net";
import type { Duplex as Stream } from "node:stream";

/** Has the sender of a stream's bytes wait, and go on. */
export interface SenderBrake {
  /** Takes nothing more, so that the sender has to wait when the system's buffers are full. */
  hold(): void;
  release(): void;
}

/** A socket whose bytes TLS takes from the handle of the runtime, past the stream that it is. */
interface HandledSocket extends Socket {
  /** None after the end. */
  readonly _handle: { readStop(): void; readStart(): void } | null;
}

/**
 * The brake of a stream.
 *
 * A paused TLS socket of the runtime goes on to take in what comes, without a bound, and forgets now and
 * then to tell of the end: it is left to flow, and what it takes its bytes from is stopped.
 *
 * @param transport What `stream` takes its bytes from if it is a TLS socket, else `stream`.
 */
export function senderBrake(stream: Stream, transport: Stream): SenderBrake {
  if (transport !== stream && transport instanceof Socket) {
    const socket = transport as HandledSocket;
    return {
      hold: () => socket._handle?.readStop(),
      release: () => socket._handle?.readStart(),
    };
  }
  return { hold: () => transport.pause(), release: () => transport.resume() };
}
