import { openNative } from "./library.ts";
import { NativeFunction } from "./native_functions.ts";
import {
  PIPELINE_SETTINGS_BYTES as SETTINGS_BYTES,
  PipelineFlag,
  PipelineSettingsByte as At,
  VectorPath,
} from "./native_layout.ts";

/** Settings of a chunk pipeline or decoder. */
export interface PipelineSettings {
  /** Bytes that all buffers together may take. */
  readonly memoryBudgetBytes: number;
  /** Number of worker threads; 0 for one per processor. */
  readonly workers: number;
  readonly compress: boolean;
  /** 32 bytes each; absent for unencrypted chunks. */
  readonly crypt?: { readonly encryptionKey: Uint8Array; readonly idKey: Uint8Array } | undefined;
}

function bind() {
  return openNative({
    pbs_pipeline_create: NativeFunction.pbs_pipeline_create,
    pbs_pipeline_add_known: NativeFunction.pbs_pipeline_add_known,
    pbs_pipeline_statistics: NativeFunction.pbs_pipeline_statistics,
    pbs_vector_paths: NativeFunction.pbs_vector_paths,
    pbs_step_run: NativeFunction.pbs_step_run,
    pbs_pipeline_destroy: NativeFunction.pbs_pipeline_destroy,
    pbs_stream_open: NativeFunction.pbs_stream_open,
    pbs_stream_write: { ...NativeFunction.pbs_stream_write, nonblocking: true },
    pbs_stream_discard: NativeFunction.pbs_stream_discard,
    pbs_stream_end: { ...NativeFunction.pbs_stream_end, nonblocking: true },
    pbs_stream_next: { ...NativeFunction.pbs_stream_next, nonblocking: true },
    pbs_chunk_settle: NativeFunction.pbs_chunk_settle,
    pbs_stream_problems: NativeFunction.pbs_stream_problems,
    pbs_stream_failure: NativeFunction.pbs_stream_failure,
    pbs_stream_abort: NativeFunction.pbs_stream_abort,
    pbs_stream_close: NativeFunction.pbs_stream_close,
    pbs_uncut_write: { ...NativeFunction.pbs_uncut_write, nonblocking: true },
    pbs_buffer_release: NativeFunction.pbs_buffer_release,
    pbs_decoder_create: NativeFunction.pbs_decoder_create,
    pbs_decoder_destroy: NativeFunction.pbs_decoder_destroy,
    pbs_decoder_buffer: NativeFunction.pbs_decoder_buffer,
    pbs_decoder_decode: { ...NativeFunction.pbs_decoder_decode, nonblocking: true },
    pbs_decoder_check: { ...NativeFunction.pbs_decoder_check, nonblocking: true },
  });
}

/** Bound once: the library stays open for the life of the process. */
let symbols: ReturnType<typeof bind> | undefined;

/** The native functions of the chunk pipeline, described in `native/include/pbs_pipeline.h`. */
export function pipelineLibrary(): ReturnType<typeof bind> {
  return symbols ??= bind();
}

/**
 * Vector instructions in use, for people to read: those that the processor has, unless the
 * environment variable `PBS_CLIENT_VECTORS` said `avx2` or `none` when the process started.
 */
export function describeVectorPaths(): string {
  const paths = pipelineLibrary().pbs_vector_paths();
  const cut = paths & VectorPath.CutAvx512
    ? "AVX-512"
    : paths & VectorPath.CutAvx2
    ? "AVX2"
    : "none";
  const hash = paths & VectorPath.HashAvx512
    ? "SHA with AVX-512"
    : paths & VectorPath.HashSha
    ? "SHA"
    : "none";
  return `cuts ${cut}, hashing side by side ${hash}`;
}

/**
 * Carries out one step of the pipeline alone, on this thread.
 *
 * @param kind Of `PipelineStep`.
 * @param output Must be another place than the input.
 * @param key 32 bytes, for encryption.
 * @returns How many bytes were written, or a negative error number.
 */
export function pipelineStep(
  kind: number,
  input: Uint8Array<ArrayBuffer>,
  output: Uint8Array<ArrayBuffer>,
  key?: Uint8Array<ArrayBuffer>,
): number {
  return pipelineLibrary().pbs_step_run(
    kind,
    input,
    BigInt(input.byteLength),
    output,
    BigInt(output.byteLength),
    key ?? null,
  );
}

/** Settings in the form that `pbs_pipeline_create` and `pbs_decoder_create` take. */
export function packPipelineSettings(settings: PipelineSettings): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(SETTINGS_BYTES);
  const view = new DataView(packed.buffer);
  const { compress, crypt } = settings;
  view.setBigUint64(At.budgetBytes, BigInt(settings.memoryBudgetBytes), true);
  view.setUint32(At.workers, settings.workers, true);
  const flags = (compress ? PipelineFlag.Compress : 0) | (crypt ? PipelineFlag.Encrypt : 0);
  view.setUint32(At.flags, flags, true);
  if (crypt !== undefined) {
    packed.set(crypt.encryptionKey.subarray(0, 32), At.encryptionKey);
    packed.set(crypt.idKey.subarray(0, 32), At.idKey);
  }
  return packed;
}

/**
 * A view of native memory.
 *
 * @param address From a record that the native side filled in; valid until the buffer is released.
 */
export function nativeBytes(address: bigint, length: number): Uint8Array<ArrayBuffer> {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null || length === 0) return new Uint8Array(0);
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length));
}
