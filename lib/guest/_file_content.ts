import { errnoText } from "../../ffi/errno.ts";
import { readLater } from "../../ffi/posix_files.ts";
import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 256 * 1024;

/**
 * The content of an open file, exactly as many bytes as were announced; pieces stay valid.
 *
 * @param path For messages.
 * @throws {CorruptDataError} if it cannot be read, or is shorter; what came before that is right.
 */
export async function* fileContent(
  { fd, sizeBytes }: { readonly fd: number; readonly sizeBytes: number },
  path: Uint8Array,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < sizeBytes;) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - at));
    const got = await readLater(fd, piece, at);
    if (got > 0) yield piece.subarray(0, got);
    at += Math.max(0, got);
    if (got === piece.length) continue;
    const reason = got < 0 ? errnoText(-got) : "it ends there";
    throw new CorruptDataError(
      `cannot read ${quotePath(path)} at ${at} of ${sizeBytes} bytes: ${reason}`,
    );
  }
}
