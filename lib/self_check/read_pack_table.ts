import { hash } from "node:crypto";
import { CorruptDataError } from "../errors/mod.ts";
import { type PackTable, parsePackTable } from "./pack_table.ts";

/** The executable's last bytes: table's offset, its length, length of the whole, table's digest, mark. */
const TRAILER_BYTES = 8 + 8 + 8 + 32 + 8;
const DIGEST_AT = 24;
const MARK_AT = 56;
const MARK = "PBSPACK1";
/** A table of ten thousand files is shorter. */
const MAX_TABLE_BYTES = 4 << 20;

/**
 * Reads the table of a packed executable.
 *
 * @param file The executable.
 * @throws {CorruptDataError} if it is no packed executable, or not all of one.
 */
export function readPackTable(file: Deno.FsFile): PackTable {
  const length = file.statSync().size;
  if (length < TRAILER_BYTES) throw new CorruptDataError("this is no packed executable");
  const trailer = readAt(file, length - TRAILER_BYTES, TRAILER_BYTES);
  const view = new DataView(trailer.buffer);
  const number = (at: number) => Number(view.getBigUint64(at, true));
  if (new TextDecoder().decode(trailer.subarray(MARK_AT)) !== MARK) {
    throw new CorruptDataError("this is no packed executable, or something was appended to it");
  }
  const [offset, tableLength, whole] = [number(0), number(8), number(16)];
  if (whole !== length || tableLength > MAX_TABLE_BYTES || offset > length - tableLength) {
    throw new CorruptDataError(
      `the executable has ${length} bytes, not the ${whole} it should have`,
    );
  }
  const table = readAt(file, offset, tableLength);
  const digest = hash("sha256", table, "buffer");
  if (!digest.equals(trailer.subarray(DIGEST_AT, MARK_AT))) {
    throw new CorruptDataError("the executable's table does not have the digest it should have");
  }
  return parsePackTable(new TextDecoder().decode(table));
}

/** Some bytes of a file. @throws {CorruptDataError} if it ends before. */
export function readAt(
  file: Deno.FsFile,
  position: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) throw new CorruptDataError(`the file ends at ${position + done}`);
    done += read;
  }
  return bytes;
}
