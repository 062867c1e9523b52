import { crc32 } from "node:zlib";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { ChunkList } from "../repository/mod.ts";

/** Of version 1 of the format. */
const MAGIC = new TextEncoder().encode("pbs-client: chunks sent, form 1\n");
const HEADER_BYTES = 64;
const DIGEST_BYTES = 32;
/** Digest, length of the plain bytes, length of the encoded ones, CRC-32 of these; little endian. */
const RECORD_BYTES = 44;
const CRC_OFFSET = 40;
/** Chunks that are written down at most: 22 MB, for at least 700 GB of files. */
const MAX_CHUNKS = 500_000;
/** Files that stay in the folder, the newest ones, and how long. */
const MAX_FILES = 16;
const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * The file in which a run writes down what it sends. Records are only ever appended, each with a
 * checksum: whatever a crash leaves of the last one is passed over.
 */
export class SentChunksFile implements Disposable {
  readonly #path: string;
  readonly #key: Uint8Array;
  readonly #record = new Uint8Array(RECORD_BYTES);
  #open: Deno.FsFile | undefined;
  #count = 0;

  /** Touches nothing yet. */
  constructor(readonly folder: string, key: string) {
    this.#key = sha256(new TextEncoder().encode(key));
    this.#path = `${folder}/${encodeHex(this.#key).slice(0, 32)}`;
  }

  /** Chunks that an earlier process has left; none if the file is not ours. */
  load(): ChunkList {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new ChunkList();
      throw error;
    }
    using _closed = file;
    const bytes = new Uint8Array(
      Math.min(file.statSync().size, HEADER_BYTES + MAX_CHUNKS * RECORD_BYTES),
    );
    let length = 0;
    while (length < bytes.length) {
      const n = file.readSync(bytes.subarray(length)) ?? 0;
      if (n === 0) break;
      length += n;
    }
    return parseSentChunks(bytes.subarray(0, length), this.#key);
  }

  /** Begins the file anew with these chunks, in one step, and makes the folder if need be. */
  replace(chunks: ChunkList): void {
    this[Symbol.dispose]();
    Deno.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#removeOld();
    const bytes = new Uint8Array(HEADER_BYTES + chunks.count * RECORD_BYTES);
    bytes.set(MAGIC);
    bytes.set(this.#key, MAGIC.length);
    for (let i = 0; i < chunks.count; i++) {
      this.#encode(chunks.digestAt(i), chunks.sizeAt(i), chunks.storedSizeAt(i));
      bytes.set(this.#record, HEADER_BYTES + i * RECORD_BYTES);
    }
    const temporary = `${this.#path}.new`;
    Deno.writeFileSync(temporary, bytes, { mode: 0o600 });
    Deno.renameSync(temporary, this.#path);
    this.#open = Deno.openSync(this.#path, { append: true });
    this.#count = chunks.count;
  }

  /** Adds a chunk, unless there are too many already. */
  append(digest: Uint8Array, size: number, storedSize: number): void {
    if (this.#open === undefined || this.#count >= MAX_CHUNKS) return;
    this.#encode(digest, size, storedSize);
    if (this.#open.writeSync(this.#record) !== RECORD_BYTES) {
      throw new Error(`cannot write all of a record to ${this.#path}`);
    }
    this.#count++;
  }

  /** Removes the file. */
  remove(): void {
    if (this.#open === undefined) return;
    this[Symbol.dispose]();
    Deno.removeSync(this.#path);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#open?.close();
    this.#open = undefined;
  }

  #encode(digest: Uint8Array, size: number, storedSize: number): void {
    const view = new DataView(this.#record.buffer);
    this.#record.set(digest);
    view.setUint32(DIGEST_BYTES, size, true);
    view.setUint32(DIGEST_BYTES + 4, storedSize, true);
    view.setUint32(CRC_OFFSET, crc32(this.#record.subarray(0, CRC_OFFSET)), true);
  }

  /** Removes what other runs have left that nobody took up. */
  #removeOld(): void {
    const others: { readonly path: string; readonly ageMs: number }[] = [];
    for (const { name, isFile } of Deno.readDirSync(this.folder)) {
      const path = `${this.folder}/${name}`;
      if (!isFile || path === this.#path) continue;
      const { mtime } = Deno.lstatSync(path);
      others.push({ path, ageMs: Date.now() - (mtime?.getTime() ?? 0) });
    }
    others.sort((a, b) => a.ageMs - b.ageMs);
    for (const [i, { path, ageMs }] of others.entries()) {
      if (i >= MAX_FILES - 1 || ageMs > LIFETIME_MS) Deno.removeSync(path);
    }
  }
}

/**
 * The chunks of such a file.
 *
 * @param key SHA-256 of what the file has to belong to.
 * @returns None if it belongs to something else.
 */
export function parseSentChunks(bytes: Uint8Array, key: Uint8Array): ChunkList {
  const chunks = new ChunkList();
  if (
    bytes.length < HEADER_BYTES || !bytesEqual(bytes.subarray(0, MAGIC.length), MAGIC) ||
    !bytesEqual(bytes.subarray(MAGIC.length, HEADER_BYTES), key)
  ) return chunks;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = HEADER_BYTES; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const crc = view.getUint32(at + CRC_OFFSET, true);
    if (crc32(bytes.subarray(at, at + CRC_OFFSET)) !== crc) continue;
    chunks.add(
      bytes.subarray(at, at + DIGEST_BYTES),
      view.getUint32(at + DIGEST_BYTES, true),
      view.getUint32(at + DIGEST_BYTES + 4, true),
    );
  }
  return chunks;
}
