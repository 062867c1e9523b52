import {
  PIPELINE_COUNTERS_BYTES,
  PipelineCountersByte as Counter,
  StreamKind,
} from "../../ffi/native_layout.ts";
import { packPipelineSettings, pipelineLibrary } from "../../ffi/pipeline.ts";
import { PbsError, SystemError, UsageError } from "../errors/mod.ts";
import { ChunkStream } from "./chunk_stream.ts";

/** Keys of encrypted archives, 32 bytes each. */
export interface ChunkKeys {
  /** Encrypts chunks. */
  readonly encryptionKey: Uint8Array;
  /** Is hashed after the plain bytes. */
  readonly idKey: Uint8Array;
}

/** How to set up a {@linkcode ChunkPipeline}. */
export interface ChunkPipelineOptions {
  /** Bytes that all buffers of all streams together may take; 96 MiB if absent. */
  readonly memoryBudgetBytes?: number | undefined;
  /** Worker threads; one per processor if absent. */
  readonly workers?: number | undefined;
  /** Absent for unencrypted chunks. */
  readonly crypt?: ChunkKeys | undefined;
  /** Whether to compress; true if absent. */
  readonly compress?: boolean | undefined;
}

/** How a stream is cut (spec: datastore-formats.md §3.1). */
export type ChunkStreamOptions =
  | { readonly kind: "dynamic"; readonly averageSizeBytes: number }
  | { readonly kind: "payload"; readonly averageSizeBytes: number }
  | { readonly kind: "fixed"; readonly chunkSizeBytes: number };

/** Costs of the pipeline's steps: processor time of all threads, in milliseconds, and bytes. */
export interface PipelineStatistics {
  readonly readMs: number;
  readonly cutMs: number;
  readonly hashMs: number;
  readonly compressMs: number;
  readonly sealMs: number;
  /** Time that writing stood still because the memory budget was used up. */
  readonly memoryWaitMs: number;
  /** Bytes that were offered to idle workers, to be read and searched for cuts by several threads. */
  readonly togetherBytes: number;
  readonly hashedBytes: number;
  readonly encodedBytes: number;
  readonly blobBytes: number;
  readonly bufferBytes: number;
  readonly peakBufferBytes: number;
}

const DEFAULT_MEMORY_BUDGET_BYTES = 96 * 1024 * 1024;
const MAX_FIXED_CHUNK_BYTES = 16 * 1024 * 1024;
const MAX_AVERAGE_BYTES = 4 * 1024 * 1024;
const MIN_AVERAGE_BYTES = 1024;

const STREAM_KINDS = {
  dynamic: StreamKind.Dynamic,
  fixed: StreamKind.Fixed,
  payload: StreamKind.Payload,
} as const;

/**
 * The native engine of a backup run: cuts streams into chunks, hashes, compresses and encrypts them
 * on all processors (spec: client-pipeline.md §1.5, §1.6). One per run; its streams share the
 * memory budget, the worker threads and the set of known digests.
 *
 * Every open stream has to be consumed ({@linkcode ChunkStream.next}) while it is written, and
 * chunks have to be released, else writing stands still once the budget is used up.
 */
export class ChunkPipeline implements Disposable {
  readonly #handle: number;
  #closed = false;

  /**
   * @throws {UsageError} if an option is out of range.
   * @throws {Error} if the native core is missing.
   */
  constructor(options: ChunkPipelineOptions = {}) {
    if (options.crypt !== undefined) checkKeys(options.crypt);
    const status = pipelineLibrary().pbs_pipeline_create(packPipelineSettings({
      memoryBudgetBytes: options.memoryBudgetBytes ?? DEFAULT_MEMORY_BUDGET_BYTES,
      workers: options.workers ?? 0,
      compress: options.compress ?? true,
      crypt: options.crypt,
    }));
    if (status < 0) throw new SystemError(-status, "cannot start the chunk pipeline");
    this.#handle = status;
  }

  /**
   * Makes digests known: chunks with them come out without a blob.
   *
   * @param digests Any number of digests, 32 bytes each, one after the other.
   */
  addKnown(digests: Uint8Array): void {
    if (digests.byteLength % 32 !== 0) throw new RangeError("digests are 32 bytes each");
    if (digests.byteLength === 0) return;
    this.#check(
      pipelineLibrary().pbs_pipeline_add_known(
        this.#handle,
        digests as Uint8Array<ArrayBuffer>,
        BigInt(digests.byteLength / 32),
      ),
    );
  }

  /**
   * Opens a stream.
   *
   * @throws {UsageError} if the size is not one that streams of this kind can have.
   */
  openStream(options: ChunkStreamOptions): ChunkStream {
    let size: number;
    if (options.kind === "fixed") {
      size = options.chunkSizeBytes;
      if (!Number.isInteger(size) || size < 1 || size > MAX_FIXED_CHUNK_BYTES) {
        throw new UsageError(`unsupported chunk size ${size}`);
      }
    } else {
      size = options.averageSizeBytes;
      const power = Number.isInteger(size) && (size & (size - 1)) === 0;
      if (!power || size < MIN_AVERAGE_BYTES || size > MAX_AVERAGE_BYTES) {
        throw new UsageError(`unsupported average chunk size ${size}`);
      }
    }
    const kind = STREAM_KINDS[options.kind];
    const handle = this.#check(pipelineLibrary().pbs_stream_open(this.#handle, kind, size));
    return new ChunkStream(handle, options.kind === "payload");
  }

  /** Counters of the work done so far, by all streams. */
  statistics(): PipelineStatistics {
    const counters = new Uint8Array(PIPELINE_COUNTERS_BYTES);
    this.#check(pipelineLibrary().pbs_pipeline_statistics(this.#handle, counters));
    const view = new DataView(counters.buffer);
    const value = (at: number) => Number(view.getBigUint64(at, true));
    return {
      readMs: value(Counter.readNanos) / 1e6,
      cutMs: value(Counter.cutNanos) / 1e6,
      hashMs: value(Counter.hashNanos) / 1e6,
      compressMs: value(Counter.compressNanos) / 1e6,
      sealMs: value(Counter.sealNanos) / 1e6,
      memoryWaitMs: value(Counter.waitNanos) / 1e6,
      togetherBytes: value(Counter.togetherBytes),
      hashedBytes: value(Counter.hashedBytes),
      encodedBytes: value(Counter.encodedBytes),
      blobBytes: value(Counter.blobBytes),
      bufferBytes: value(Counter.bufferBytes),
      peakBufferBytes: value(Counter.peakBufferBytes),
    };
  }

  /** Aborts all streams and ends the threads. Memory of chunks that are still held stays valid. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    pipelineLibrary().pbs_pipeline_destroy(this.#handle);
  }

  #check(status: number): number {
    if (this.#closed) throw new PbsError("the chunk pipeline is closed");
    if (status < 0) throw new SystemError(-status, "the chunk pipeline refused a call");
    return status;
  }
}

function checkKeys(keys: ChunkKeys): void {
  if (keys.encryptionKey.byteLength !== 32 || keys.idKey.byteLength !== 32) {
    throw new UsageError("encryption key and id key have to be 32 bytes each");
  }
}
