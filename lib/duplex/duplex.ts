/**
 * A two-way byte stream: a TLS or TCP socket, a vsock, or a pair in memory.
 *
 * Everything above (HTTP/1.1, HTTP/2) sees only this, which is what lets one socket carry HTTP/1.1
 * first and HTTP/2 after the upgrade (spec: protocol.md §4.4).
 */
export interface Duplex {
  /** Name of the other end, for messages. */
  readonly peer: string;
  /**
   * The next bytes in order, as many as have arrived; they belong to the caller. One call at a time.
   *
   * @returns Never an empty array; `undefined` once the peer has ended its direction.
   * @throws {ConnectionError} if the connection broke or was aborted.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Sends bytes. Calls may overlap and are sent in the order of the calls.
   *
   * @returns Resolved once the memory is not looked at any more and may be reused or freed.
   * @throws {ConnectionError} if the connection broke or was aborted; the memory is free then as well.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what was written, ends our direction, waits shortly for the peer to end its own. */
  close(): Promise<void>;
  /**
   * Gives bytes back that `read` returned, so that their memory is free before the garbage collector
   * finds it: at full speed it lets some 100 MB pile up. Nothing may look at them any more.
   */
  release?(bytes: Uint8Array): void;
  /** Ends both directions immediately; pending reads and writes fail with `reason`. */
  abort(reason?: Error): void;
}
