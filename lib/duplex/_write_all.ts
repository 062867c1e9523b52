import type { ByteConnection } from "./byte_connection.ts";

/** Writes all of the bytes; the runtime takes as many at a time as the peer has room for. */
export async function writeAll(connection: ByteConnection, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    offset += await connection.write(bytes.subarray(offset));
  }
}
