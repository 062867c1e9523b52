import { DECODE_REQUEST_BYTES, DecodeRequestByte, DecodeStatus } from "../../ffi/native_layout.ts";
import { nativeBytes, packPipelineSettings, pipelineLibrary } from "../../ffi/pipeline.ts";
import { encodeHex } from "../bytes/mod.ts";
import { CorruptDataError, KeyError, PbsError, SystemError, UsageError } from "../errors/mod.ts";
import { Semaphore } from "./_semaphore.ts";
import type { ChunkKeys } from "./chunk_pipeline.ts";
import type { PlainChunk } from "./plain_chunk.ts";

/** How to set up a {@linkcode ChunkDecoder}. */
export interface ChunkDecoderOptions {
  /** Bytes that blobs being read and plain chunks not yet released may take; 72 MiB if absent. */
  readonly memoryBudgetBytes?: number | undefined;
  /**
   * Chunks decoded at the same time; if absent two per processor and at least four, because those
   * that are ready to be hashed wait for each other: four digests together cost half.
   */
  readonly workers?: number | undefined;
  /** Absent if there is no key: encrypted chunks are refused then. */
  readonly crypt?: ChunkKeys | undefined;
}

/** A chunk as index and manifest describe it. */
export interface ExpectedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
  /** Whether the archive is encrypted; a chunk of the other form is refused. */
  readonly encrypted: boolean;
}

/** Puts the blob into the memory that it gets from `buffer`, which it calls once with its length. */
export type BlobReader = (
  buffer: (length: number) => Uint8Array<ArrayBuffer>,
) => Promise<void>;

const DEFAULT_MEMORY_BUDGET_BYTES = 72 * 1024 * 1024;
const MAX_PLAIN_BYTES = 16 * 1024 * 1024;
/** Room for the header; a blob longer than its plain bytes and this is unusual, but read. */
const BLOB_HEADER_ROOM_BYTES = 4096;
const MAX_BLOB_BYTES = MAX_PLAIN_BYTES + 64 * 1024;

/**
 * Decodes and verifies chunks on native threads (spec: datastore-formats.md §1.10, §7): CRC, crypt
 * mode, authentication, bounded decompression, size, digest.
 */
export class ChunkDecoder implements Disposable {
  readonly #handle: number;
  readonly #memory: Semaphore;
  readonly #workers: Semaphore;
  #closed = false;

  /**
   * @throws {UsageError} if a key has not 32 bytes.
   * @throws {Error} if the native core is missing.
   */
  constructor(options: ChunkDecoderOptions = {}) {
    const crypt = options.crypt;
    if (
      crypt !== undefined &&
      (crypt.encryptionKey.byteLength !== 32 || crypt.idKey.byteLength !== 32)
    ) throw new UsageError("encryption key and id key have to be 32 bytes each");
    const memoryBudgetBytes = options.memoryBudgetBytes ?? DEFAULT_MEMORY_BUDGET_BYTES;
    this.#memory = new Semaphore(memoryBudgetBytes);
    const workers = options.workers ?? Math.max(4, 2 * navigator.hardwareConcurrency);
    this.#workers = new Semaphore(workers);
    const status = pipelineLibrary().pbs_decoder_create(
      packPipelineSettings({ memoryBudgetBytes, workers: 0, compress: false, crypt }),
    );
    if (status < 0) throw new SystemError(-status, "cannot start the chunk decoder");
    this.#handle = status;
  }

  /**
   * Reads and decodes one chunk. Many calls may be pending; those that do not fit into the memory
   * budget wait, in the order in which they were made.
   *
   * @param read Puts the blob into the memory that it gets from `buffer`, which it calls once with
   *   the blob's length. Not called before there is memory.
   * @throws {CorruptDataError} if any check fails; names the digest.
   * @throws {KeyError} if the chunk is encrypted and there is no key.
   */
  async decode(expected: ExpectedChunk, read: BlobReader): Promise<PlainChunk> {
    return await this.#serve(expected, read, "pbs_decoder_decode");
  }

  /**
   * Reads and verifies one chunk as {@linkcode decode} does, but gives the blob as it is. No key is
   * needed: of an encrypted chunk CRC, form and, unless it is compressed, length are verified.
   *
   * @returns The blob in the `bytes`.
   * @throws {CorruptDataError} if any check fails; names the digest.
   */
  async check(expected: ExpectedChunk, read: BlobReader): Promise<PlainChunk> {
    return await this.#serve(expected, read, "pbs_decoder_check");
  }

  async #serve(
    expected: ExpectedChunk,
    read: BlobReader,
    call: "pbs_decoder_decode" | "pbs_decoder_check",
  ): Promise<PlainChunk> {
    const name = `chunk ${encodeHex(expected.digest)}`;
    if (expected.digest.byteLength !== 32) throw new RangeError("a digest is 32 bytes");
    if (!(expected.size >= 1 && expected.size <= MAX_PLAIN_BYTES)) {
      throw new CorruptDataError(`${name} cannot have ${expected.size} bytes`);
    }
    const cost = 2 * expected.size + BLOB_HEADER_ROOM_BYTES;
    const memory = await this.#memory.acquire(cost);
    let blobBuffer = 0;
    try {
      this.#checkOpen();
      let blobLength = 0;
      await read((length) => {
        if (blobBuffer !== 0) throw new PbsError(`memory for ${name} was asked for twice`);
        if (!(length >= 0 && length <= MAX_BLOB_BYTES)) {
          throw new CorruptDataError(`${name} cannot be stored in ${length} bytes`);
        }
        this.#checkOpen();
        const place = new Uint8Array(8);
        const status = pipelineLibrary().pbs_decoder_buffer(this.#handle, length, place);
        if (status < 0) throw new SystemError(-status, `no memory for ${name}`);
        blobBuffer = status;
        blobLength = length;
        return nativeBytes(new DataView(place.buffer).getBigUint64(0, true), length);
      });
      if (blobBuffer === 0) throw new PbsError(`nothing was read for ${name}`);
      const answer = packRequest(expected, blobBuffer, blobLength);
      using _worker = await this.#workers.acquire(1);
      this.#checkOpen();
      // The native side releases the blob's buffer, whatever comes out.
      blobBuffer = 0;
      const status = await pipelineLibrary()[call](this.#handle, answer);
      if (status !== 0) throw decodeError(status, name);
      const view = new DataView(answer.buffer);
      memory.shrink(Math.min(cost, view.getUint32(DecodeRequestByte.capacity, true)));
      return new NativePlainChunk(
        view.getBigUint64(DecodeRequestByte.address, true),
        call === "pbs_decoder_check" ? blobLength : expected.size,
        view.getUint32(DecodeRequestByte.buffer, true),
        memory,
      );
    } catch (error) {
      if (blobBuffer !== 0) pipelineLibrary().pbs_buffer_release(blobBuffer);
      memory[Symbol.dispose]();
      throw error;
    }
  }

  /** Refuses further calls. Chunks that are still held stay valid until released. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    pipelineLibrary().pbs_decoder_destroy(this.#handle);
  }

  #checkOpen(): void {
    if (this.#closed) throw new PbsError("the chunk decoder is closed");
  }
}

/** The request for a blob, with room for the answer. */
function packRequest(
  expected: ExpectedChunk,
  buffer: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(DECODE_REQUEST_BYTES);
  const view = new DataView(request.buffer);
  request.set(expected.digest, DecodeRequestByte.digest);
  view.setUint32(DecodeRequestByte.size, expected.size, true);
  view.setUint32(DecodeRequestByte.encrypted, expected.encrypted ? 1 : 0, true);
  view.setUint32(DecodeRequestByte.blobBuffer, buffer, true);
  view.setUint32(DecodeRequestByte.blobLength, length, true);
  return request;
}

function decodeError(status: number, name: string): Error {
  switch (status) {
    case DecodeStatus.TooSmall:
      return new CorruptDataError(`${name} is truncated`);
    case DecodeStatus.Magic:
      return new CorruptDataError(`${name} does not start like a blob`);
    case DecodeStatus.Crc:
      return new CorruptDataError(`${name} is damaged: its CRC does not match`);
    case DecodeStatus.Mode:
      return new CorruptDataError(`${name} is not encrypted the way its archive says`);
    case DecodeStatus.MissingKey:
      return new KeyError(`${name} is encrypted and there is no key`, {
        situation: { kind: "no-key" },
      });
    case DecodeStatus.Tag:
      return new CorruptDataError(
        `${name} cannot be decrypted: it is damaged or was made with another key`,
      );
    case DecodeStatus.Zstd:
      return new CorruptDataError(`${name} cannot be decompressed`);
    case DecodeStatus.Size:
      return new CorruptDataError(`${name} has another length than its index says`);
    case DecodeStatus.Digest:
      return new CorruptDataError(`${name} has other content than its digest says`);
    default:
      return new SystemError(-status, `${name} cannot be decoded`);
  }
}

class NativePlainChunk implements PlainChunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pointer: Deno.PointerObject;
  readonly #memory: Disposable;
  #buffer: number;

  constructor(address: bigint, size: number, buffer: number, memory: Disposable) {
    this.bytes = nativeBytes(address, size);
    this.pointer = Deno.UnsafePointer.create(address)!;
    this.#buffer = buffer;
    this.#memory = memory;
  }

  release(): void {
    if (this.#buffer === 0) return;
    pipelineLibrary().pbs_buffer_release(this.#buffer);
    this.#buffer = 0;
    this.#memory[Symbol.dispose]();
  }
}
