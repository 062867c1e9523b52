import { bytesEqual, decodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  DIGEST_LENGTH,
  INDEX_CHECKSUM_OFFSET,
  INDEX_CTIME_OFFSET,
  INDEX_HEADER_LENGTH,
  INDEX_UUID_OFFSET,
} from "./format.ts";

/** Fields that say where an index comes from; no reader acts on them. */
export interface IndexOrigin {
  /** 16 bytes; a new random (version 4) one if absent. */
  readonly uuid?: Uint8Array | undefined;
  /** Creation time, seconds since the epoch; now if absent. */
  readonly ctime?: number | undefined;
}

/** Both kinds of header, zero where nothing is said. */
export function writeHeader(
  magic: string,
  origin: IndexOrigin,
  checksum: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(INDEX_HEADER_LENGTH);
  header.set(decodeHex(magic), 0);
  header.set(origin.uuid ?? randomUuid(), INDEX_UUID_OFFSET);
  const ctime = origin.ctime ?? Math.floor(Date.now() / 1000);
  new DataView(header.buffer).setBigInt64(INDEX_CTIME_OFFSET, BigInt(ctime), true);
  header.set(checksum, INDEX_CHECKSUM_OFFSET);
  return header;
}

/** Checks what both kinds have in common. */
export function checkHeader(bytes: Uint8Array, magic: string, name: string): void {
  if (bytes.byteLength < INDEX_HEADER_LENGTH) {
    throw new CorruptDataError(
      `index "${name}" is too small: ${bytes.byteLength} bytes, the header alone has ${INDEX_HEADER_LENGTH}`,
    );
  }
  const expected = decodeHex(magic);
  if (!bytesEqual(bytes.subarray(0, expected.byteLength), expected)) {
    throw new CorruptDataError(`index "${name}" has an unknown magic number`);
  }
}

/** Reads an unsigned 64-bit number; undefined if it passes 2^53. No BigInt: this runs per entry. */
export function readU64(view: DataView, offset: number): number | undefined {
  const high = view.getUint32(offset + 4, true);
  if (high > 0x1fffff) return undefined;
  return high * 0x1_0000_0000 + view.getUint32(offset, true);
}

/** Writes a safe integer as unsigned 64-bit number. */
export function writeU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 0x1_0000_0000, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** @throws {RangeError} if the digest has another length than 32 bytes. */
export function checkDigest(digest: Uint8Array): void {
  if (digest.byteLength !== DIGEST_LENGTH) {
    throw new RangeError(`digest has ${digest.byteLength} bytes instead of ${DIGEST_LENGTH}`);
  }
}

function randomUuid(): Uint8Array {
  return decodeHex(crypto.randomUUID().replaceAll("-", ""));
}
