import {
  INJECT_COMMAND_BYTES,
  INJECT_ENTRY_BYTES,
  InjectCommandByte,
  InjectEntryByte,
  SPLICE_COMMAND_BYTES,
  SpliceCommandByte,
  SpliceSize,
  STREAM_COMMAND_HEAD_BYTES,
  StreamCommand,
  StreamCommandHeadByte,
  SUGGEST_COMMAND_BYTES,
  SuggestCommandByte,
} from "../../ffi/native_layout.ts";
import { openFilesShare } from "../../ffi/open_files.ts";

// All records start at a multiple of 8.

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
  /** Place of the header of the inline run at the end; -1 if the last record is another one. */
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
      this.#reserve(STREAM_COMMAND_HEAD_BYTES + size + 8);
      this.#openRun = this.#length;
      this.#view.setUint32(this.#length + StreamCommandHeadByte.kind, StreamCommand.Inline, true);
      this.#length += STREAM_COMMAND_HEAD_BYTES;
    } else this.#reserve(size + 8);
    this.#bytes.set(bytes, this.#length);
    this.#length += size;
  }

  /** @param size Bytes, or undefined for all until the end of the file. */
  splice(fd: number, size: number | undefined, tag: number): void {
    this.#closeRun();
    this.#reserve(SPLICE_COMMAND_BYTES);
    const view = this.#view;
    const at = this.#length;
    view.setUint32(at + SpliceCommandByte.kind, StreamCommand.Splice, true);
    view.setInt32(at + SpliceCommandByte.descriptor, fd, true);
    if (size === undefined) {
      view.setBigUint64(at + SpliceCommandByte.size, SpliceSize.ToEnd, true);
      this.#splicedBytes += FULL_SPLICED_BYTES;
    } else {
      this.#setU64(at + SpliceCommandByte.size, size);
      this.#splicedBytes += size;
    }
    this.#setU64(at + SpliceCommandByte.tag, tag);
    this.#length += SPLICE_COMMAND_BYTES;
    this.#splices++;
  }

  suggest(offset: number): void {
    this.#closeRun();
    this.#reserve(SUGGEST_COMMAND_BYTES);
    const at = this.#length;
    this.#view.setUint32(at + SuggestCommandByte.kind, StreamCommand.Suggest, true);
    this.#view.setUint32(at + SuggestCommandByte.reserved, 0, true);
    this.#setU64(at + SuggestCommandByte.offset, offset);
    this.#length += SUGGEST_COMMAND_BYTES;
  }

  inject(
    boundary: number,
    chunks: readonly { readonly digest: Uint8Array; readonly size: number }[],
  ): void {
    this.#closeRun();
    this.#reserve(INJECT_COMMAND_BYTES + chunks.length * INJECT_ENTRY_BYTES);
    const at = this.#length;
    this.#view.setUint32(at + InjectCommandByte.kind, StreamCommand.Inject, true);
    this.#view.setUint32(at + InjectCommandByte.count, chunks.length, true);
    this.#setU64(at + InjectCommandByte.boundary, boundary);
    this.#length += INJECT_COMMAND_BYTES;
    for (const chunk of chunks) {
      if (chunk.digest.byteLength !== 32) throw new RangeError("a digest is 32 bytes");
      this.#setU64(this.#length + InjectEntryByte.size, chunk.size);
      this.#bytes.set(chunk.digest, this.#length + InjectEntryByte.digest);
      this.#length += INJECT_ENTRY_BYTES;
    }
  }

  /** The collected commands; valid until the next call that adds something. The buffer is empty then. */
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
    const size = this.#length - this.#openRun - STREAM_COMMAND_HEAD_BYTES;
    this.#view.setUint32(this.#openRun + StreamCommandHeadByte.argument, size, true);
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
