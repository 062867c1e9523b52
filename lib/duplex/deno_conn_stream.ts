import { Duplex as Stream } from "node:stream";
import type { ByteConnection } from "./byte_connection.ts";
import { writeAll } from "./_write_all.ts";

const READ_BYTES = 64 * 1024;
/** Read ahead, and written before the writer is asked to wait. */
const BUFFER_BYTES = 256 * 1024;

/**
 * A connection of the runtime as a stream of `node:stream`, which is what TLS takes for its bytes.
 *
 * @param connection Connected; owned from now on.
 */
export function denoConnStream(connection: ByteConnection): Stream {
  let isClosed = false;
  const stream = new Stream({
    highWaterMark: BUFFER_BYTES,
    // The other direction goes on when one has ended.
    allowHalfOpen: true,
    read() {
      const target = new Uint8Array(READ_BYTES);
      connection.read(target).then(
        (length) => stream.push(length === null ? null : target.subarray(0, length)),
        (error) => stream.destroy(error),
      );
    },
    write(bytes: Uint8Array, _encoding, written) {
      writeAll(connection, bytes).then(() => written(), written);
    },
    final(ended) {
      // Where the peer was faster there is nothing left to end.
      (connection.closeWrite?.() ?? Promise.resolve()).then(() => ended(), () => ended());
    },
    destroy(error, destroyed) {
      if (!isClosed) connection.close();
      isClosed = true;
      destroyed(error);
    },
  });
  return stream;
}
