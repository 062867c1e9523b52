import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  CHUNK_RECORD_BYTES,
  ChunkFlag,
  ChunkRecordByte,
  FAILURE_RECORD_BYTES,
  FailureKind,
  FailureRecordByte,
  PROBLEM_RECORD_BYTES,
} from "../../ffi/native_layout.ts";
import { nativeBytes, pipelineLibrary } from "../../ffi/pipeline.ts";
import { CancelledError, PbsError, SystemError } from "../errors/mod.ts";
import type { ByteSink } from "./byte_sink.ts";
import { CommandBuffer } from "./_command_buffer.ts";
import { spliceProblemAt } from "./_splice_problem.ts";
import type { FinishedChunk } from "./finished_chunk.ts";
import { SpliceError } from "./splice_error.ts";
import type { SpliceProblem } from "./splice_problem.ts";

/** A chunk of an earlier index that is put into a payload stream. */
export interface InjectedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
}

/** A place that there is not. */
const NO_OFFSET = 0xffff_ffff_ffff_ffffn;
const MAX_CHUNKS_PER_BATCH = 64;
const MAX_PROBLEMS_PER_CALL = 256;
/**
 * Writes that are handed on at a time: while the native side works on one, the next one is there
 * already. A problem with a file is reported by the time the write after these has been handed on.
 */
export const WRITES_UNDER_WAY = 2;
/** Chunks in one native injection; longer lists are split (spec: client-pipeline.md §2.4). */
const MAX_CHUNKS_PER_INJECTION = 128;

/**
 * One archive's way through a {@linkcode ChunkPipeline}: bytes go in at one end, finished chunks
 * come out at the other, in stream order.
 *
 * The two ends are to be used by two loops that run at the same time: one that writes and awaits
 * `drain` whenever `full` is true, then `end`; and one that awaits `next` until it returns
 * undefined. What `drain` hands on is still being read and cut while the producer collects more, so
 * a failure may be thrown by a later `drain`, by `end` or by `next`.
 */
export class ChunkStream implements ByteSink, Disposable {
  readonly #handle: number;
  readonly #payload: boolean;
  #collecting: CommandBuffer;
  readonly #spare: CommandBuffer[];
  /** Bytes that the native side is reading: nothing else keeps these bytes from being collected. */
  readonly #inFlight: { readonly bytes: Uint8Array; done: Promise<void> }[] = [];
  /** Of the next write: two that are under way might be looked at in another order. */
  #turn = 0;
  #failure: unknown;
  #position = 0;
  #readers = 0;
  #ended = false;
  #aborted = false;
  #closed = false;
  #problems: SpliceProblem[] = [];
  readonly #records = new Uint8Array(MAX_CHUNKS_PER_BATCH * CHUNK_RECORD_BYTES);

  /** Made by {@linkcode ChunkPipeline.openStream}. */
  constructor(handle: number, payload: boolean) {
    this.#handle = handle;
    this.#payload = payload;
    this.#collecting = new CommandBuffer(!payload);
    this.#spare = Array.from({ length: WRITES_UNDER_WAY }, () => new CommandBuffer(!payload));
  }

  /** Bytes added so far, spliced and injected ones included. */
  get position(): number {
    return this.#position;
  }

  get full(): boolean {
    return this.#collecting.full;
  }

  write(bytes: Uint8Array): void {
    this.#collecting.inline(bytes);
    this.#position += bytes.byteLength;
  }

  splice(fd: number, size: number, tag: number): void {
    this.#collecting.splice(fd, size, tag);
    this.#position += size;
  }

  /**
   * Adds what an open file, device or pipe gives until its end; takes the descriptor over.
   * {@linkcode ChunkStream.position} does not count these bytes.
   */
  spliceToEnd(fd: number, tag: number): void {
    this.#collecting.splice(fd, undefined, tag);
  }

  /**
   * Announces that a file's payload header will start at an offset, to be called just before it is
   * written (spec: datastore-formats.md §3.4). Payload streams only.
   */
  suggestBoundary(offset: number): void {
    this.#requirePayload();
    this.#collecting.suggest(offset);
  }

  /**
   * Ends the current chunk at `boundary` and puts existing chunks there (spec: datastore-formats.md
   * §3.5). Payload streams only. `boundary` has to be the current {@linkcode ChunkStream.position}.
   *
   * @throws {RangeError} if it is not.
   */
  injectChunks(boundary: number, chunks: readonly InjectedChunk[]): void {
    this.#requirePayload();
    if (boundary !== this.#position) {
      throw new RangeError(`injection at ${boundary} while the stream is at ${this.#position}`);
    }
    for (let at = 0; at < chunks.length; at += MAX_CHUNKS_PER_INJECTION) {
      const part = chunks.slice(at, at + MAX_CHUNKS_PER_INJECTION);
      this.#collecting.inject(this.#position, part);
      for (const chunk of part) this.#position += chunk.size;
    }
  }

  /**
   * Hands what was collected on, once at most one earlier write has still to be read and cut.
   *
   * @throws {SpliceError} if reading a spliced file failed.
   * @throws {CancelledError} after `abort`.
   */
  async drain(): Promise<void> {
    await this.#settle(WRITES_UNDER_WAY - 1);
    this.#checkUsable();
    if (this.#collecting.empty) return;
    const buffer = this.#collecting;
    this.#collecting = this.#spare.pop()!;
    const bytes = buffer.take();
    const write = { bytes, done: Promise.resolve() };
    this.#inFlight.push(write);
    write.done = pipelineLibrary()
      .pbs_stream_write(this.#handle, bytes, BigInt(bytes.byteLength), this.#turn)
      .then((status) => {
        this.#inFlight.splice(this.#inFlight.indexOf(write), 1);
        this.#spare.push(buffer);
        this.#written(status);
      });
    this.#turn = (this.#turn + 1) >>> 0;
  }

  /**
   * Hands the rest on and ends the stream; chunks go on coming out of `next` afterwards.
   *
   * @throws {SpliceError} if reading a spliced file failed.
   * @throws {CancelledError} after `abort`.
   */
  async end(): Promise<void> {
    await this.drain();
    await this.#settle(0);
    this.#checkUsable();
    this.#ended = true;
    const status = await pipelineLibrary().pbs_stream_end(this.#handle);
    if (status < 0) throw this.#error(status);
  }

  /**
   * The next finished chunks, in stream order; at least one.
   *
   * @returns undefined after the last chunk of an ended stream.
   * @throws {SpliceError} if reading a spliced file failed.
   * @throws {CancelledError} after `abort`.
   */
  async next(): Promise<FinishedChunk[] | undefined> {
    if (this.#readers > 0) throw new PbsError("next() of a chunk stream was called twice at once");
    if (this.#aborted) throw this.#error(-Errno.ECANCELED);
    if (this.#closed) return undefined;
    this.#readers++;
    try {
      const count = await pipelineLibrary()
        .pbs_stream_next(this.#handle, this.#records, MAX_CHUNKS_PER_BATCH);
      if (count < 0) throw this.#error(count);
      if (count === 0) {
        this.#collectProblems();
        this.#close();
        return undefined;
      }
      return this.#unpack(count);
    } finally {
      this.#readers--;
    }
  }

  /** Files whose length was not the announced one, since the last call. */
  takeProblems(): SpliceProblem[] {
    if (!this.#closed) this.#collectProblems();
    return this.#problems.splice(0);
  }

  /**
   * Stops the stream: pending calls fail with {@linkcode CancelledError}, open descriptors are
   * closed. Chunks that were handed out stay valid until released.
   */
  abort(): void {
    if (this.#aborted || this.#closed) return;
    this.#aborted = true;
    pipelineLibrary().pbs_stream_abort(this.#handle);
    const unsent = this.#collecting.take();
    pipelineLibrary().pbs_stream_discard(unsent, BigInt(unsent.byteLength));
    this.#close();
  }

  /** Aborts the stream unless all its chunks have come out. */
  [Symbol.dispose](): void {
    this.abort();
  }

  /** Waits until at most so many writes are under way. */
  async #settle(count: number): Promise<void> {
    while (this.#inFlight.length > count) await this.#inFlight[0]!.done;
  }

  #written(status: number): void {
    if (status < 0) this.#failure ??= this.#error(status);
    else if (status > 0 && !this.#closed) this.#collectProblems();
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#aborted) throw this.#error(-Errno.ECANCELED);
    if (this.#ended) throw new PbsError("the chunk stream has ended");
  }

  #requirePayload(): void {
    if (!this.#payload) throw new PbsError("only payload streams have boundaries from outside");
  }

  #collectProblems(): void {
    const records = new Uint8Array(MAX_PROBLEMS_PER_CALL * PROBLEM_RECORD_BYTES);
    const view = new DataView(records.buffer);
    for (;;) {
      const count = pipelineLibrary()
        .pbs_stream_problems(this.#handle, records, MAX_PROBLEMS_PER_CALL);
      for (let index = 0; index < count; index++) {
        const at = index * PROBLEM_RECORD_BYTES;
        this.#problems.push(spliceProblemAt(view, at));
      }
      if (count < MAX_PROBLEMS_PER_CALL) return;
    }
  }

  #unpack(count: number): FinishedChunk[] {
    const view = new DataView(this.#records.buffer);
    const chunks: FinishedChunk[] = [];
    for (let index = 0; index < count; index++) {
      chunks.push(new NativeChunk(this.#records, view, index * CHUNK_RECORD_BYTES));
    }
    return chunks;
  }

  #error(status: number): Error {
    const errno = -status;
    if (errno === Errno.ECANCELED || this.#aborted) {
      return new CancelledError("the chunk stream was aborted");
    }
    const record = new Uint8Array(FAILURE_RECORD_BYTES);
    if (!this.#closed && pipelineLibrary().pbs_stream_failure(this.#handle, record) === 0) {
      const view = new DataView(record.buffer);
      const cause = view.getUint32(FailureRecordByte.errno, true);
      if (view.getUint32(FailureRecordByte.kind, true) === FailureKind.Read) {
        const offset = view.getBigUint64(FailureRecordByte.offset, true);
        return new SpliceError(
          Number(view.getBigUint64(FailureRecordByte.tag, true)),
          cause,
          offset === NO_OFFSET ? undefined : Number(offset),
        );
      }
    }
    return new SystemError(errno, `the chunk stream failed: ${errnoText(errno)}`);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    pipelineLibrary().pbs_stream_close(this.#handle);
  }
}

/**
 * A chunk with its blob in native memory. Two streams may have made the same blob; the chunk that is
 * looked at first gets it, the others are known from then on.
 */
class NativeChunk implements FinishedChunk {
  /** Number of the native buffer; 0 if there is none (any more). */
  #buffer: number;
  #known: boolean | undefined;
  #blob: Uint8Array<ArrayBuffer> | undefined;
  readonly digest: Uint8Array;
  readonly offset: number;
  readonly size: number;
  readonly injected: boolean;
  readonly #address: bigint;
  readonly #length: number;

  /** @param at Offset of its record in bytes. */
  constructor(records: Uint8Array<ArrayBuffer>, view: DataView, at: number) {
    this.digest = records.slice(at + ChunkRecordByte.digest, at + ChunkRecordByte.digest + 32);
    this.offset = Number(view.getBigUint64(at + ChunkRecordByte.offset, true));
    this.size = Number(view.getBigUint64(at + ChunkRecordByte.size, true));
    this.injected = (view.getUint32(at + ChunkRecordByte.flags, true) & ChunkFlag.Injected) !== 0;
    this.#buffer = view.getUint32(at + ChunkRecordByte.buffer, true);
    this.#known = this.#buffer === 0 ? true : undefined;
    this.#address = view.getBigUint64(at + ChunkRecordByte.address, true);
    this.#length = view.getUint32(at + ChunkRecordByte.blobLength, true);
  }

  get known(): boolean {
    if (this.#known === undefined) {
      this.#known = pipelineLibrary().pbs_chunk_settle(this.#buffer) !== 1;
      if (this.#known) this.#buffer = 0;
      else this.#blob = nativeBytes(this.#address, this.#length);
    }
    return this.#known;
  }

  get blob(): Uint8Array<ArrayBuffer> | undefined {
    return this.known ? undefined : this.#blob;
  }

  release(): void {
    this.#known ??= false;
    if (this.#buffer === 0) return;
    pipelineLibrary().pbs_buffer_release(this.#buffer);
    this.#buffer = 0;
    this.#blob = undefined;
  }
}
