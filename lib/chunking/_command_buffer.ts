import { openFilesShare } from "../../ffi/open_files.ts";
import { StreamCommand } from "../../ffi/pipeline.ts";

// Record layouts: native/include/pbs_pipeline.h. All records start at a multiple of 8.
const RECORD_HEADER_LENGTH = 8;
const SPLICE_LENGTH = 24;
const SUGGEST_LENGTH = 16;
const INJECT_LENGTH = 16;
const INJECT_ENTRY_LENGTH = 40;

const INITIAL_CAPACITY = 320 * 1024;
const MAX_KEPT_CAPACITY = 1024 * 1024;
const FULL_INLINE_BYTES = 256 * 1024;
/** Three buffers may hold as many open files, and that part of all that can be open. */
const FULL_SPLICES_MAX = 160;
const FULL_SPLICES_PART = 1 / 8;
const FULL_SPLICED_BYTES = 4 * 1024 * 1024;

/** Collects what the native side is to do with a stream, in one piece of memory. */
export class CommandBuffer {
  readonly #mergeInline: boolean;
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the header of the inline run at the end is; -1 if the last record is another one. */
  #openRun = -1;
  #splices = 0;
  #splicedBytes = 0;
  readonly #splicesMax = openFilesShare(FULL_SPLICES_PART, FULL_SPLICES_MAX);

  /** @param mergeInline Whether neighbouring writes become one; payload cuts depend on it. */
  constructor(mergeInline: boolean) {
    this.#mergeInline = mergeInline;
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  get full(): boolean {
    return this.#length >= FULL_INLINE_BYTES || this.#splices >= this.#splicesMax ||
      this.#splicedBytes >= FULL_SPLICED_BYTES;
  }

  inline(bytes: Uint8Array): void {
    const size = bytes.byteLength;
    if (size === 0) return;
    if (this.#openRun < 0 || !this.#mergeInline) {
      this.#closeRun();
      this.#reserve(RECORD_HEADER_LENGTH + size + 8);
      this.#openRun = this.#length;
      this.#view.setUint32(this.#length, StreamCommand.inline, true);
      this.#length += RECORD_HEADER_LENGTH;
    } else this.#reserve(size + 8);
    this.#bytes.set(bytes, this.#length);
    this.#length += size;
  }

  /** @param size Bytes, or undefined for all until the end of the file. */
  splice(fd: number, size: number | undefined, tag: number): void {
    this.#closeRun();
    this.#reserve(SPLICE_LENGTH);
    const view = this.#view;
    view.setUint32(this.#length, StreamCommand.splice, true);
    view.setInt32(this.#length + 4, fd, true);
    if (size === undefined) {
      view.setInt32(this.#length + 8, -1, true);
      view.setInt32(this.#length + 12, -1, true);
      this.#splicedBytes += FULL_SPLICED_BYTES;
    } else {
      this.#setU64(this.#length + 8, size);
      this.#splicedBytes += size;
    }
    this.#setU64(this.#length + 16, tag);
    this.#length += SPLICE_LENGTH;
    this.#splices++;
  }

  suggest(offset: number): void {
    this.#closeRun();
    this.#reserve(SUGGEST_LENGTH);
    this.#view.setUint32(this.#length, StreamCommand.suggest, true);
    this.#view.setUint32(this.#length + 4, 0, true);
    this.#setU64(this.#length + 8, offset);
    this.#length += SUGGEST_LENGTH;
  }

  inject(
    boundary: number,
    chunks: readonly { readonly digest: Uint8Array; readonly size: number }[],
  ): void {
    this.#closeRun();
    this.#reserve(INJECT_LENGTH + chunks.length * INJECT_ENTRY_LENGTH);
    this.#view.setUint32(this.#length, StreamCommand.inject, true);
    this.#view.setUint32(this.#length + 4, chunks.length, true);
    this.#setU64(this.#length + 8, boundary);
    this.#length += INJECT_LENGTH;
    for (const chunk of chunks) {
      if (chunk.digest.byteLength !== 32) throw new RangeError("a digest is 32 bytes");
      this.#setU64(this.#length, chunk.size);
      this.#bytes.set(chunk.digest, this.#length + 8);
      this.#length += INJECT_ENTRY_LENGTH;
    }
  }

  /** What was collected; valid until the next call that adds something. The buffer is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    this.#closeRun();
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    this.#splices = 0;
    this.#splicedBytes = 0;
    if (this.#bytes.byteLength > MAX_KEPT_CAPACITY) this.#replace(INITIAL_CAPACITY);
    return bytes;
  }

  #closeRun(): void {
    if (this.#openRun < 0) return;
    const size = this.#length - this.#openRun - RECORD_HEADER_LENGTH;
    this.#view.setUint32(this.#openRun + 4, size, true);
    this.#length = (this.#length + 7) & ~7;
    this.#openRun = -1;
  }

  #setU64(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.byteLength) return;
    const old = this.#bytes.subarray(0, this.#length);
    this.#replace(Math.max(needed, this.#bytes.byteLength * 2));
    this.#bytes.set(old);
  }

  #replace(capacity: number): void {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
