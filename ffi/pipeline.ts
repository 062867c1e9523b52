import { openNative } from "./library.ts";

/** What every chunk pipeline and decoder is told when it is created. */
export interface PipelineSettings {
  /** Bytes that all buffers together may take. */
  readonly memoryBudgetBytes: number;
  /** Number of worker threads; 0 for one per processor. */
  readonly workers: number;
  readonly compress: boolean;
  /** 32 bytes each; absent for unencrypted chunks. */
  readonly crypt?: { readonly encryptionKey: Uint8Array; readonly idKey: Uint8Array } | undefined;
}

/** Kinds of streams that `pbs_stream_open` knows. */
export const StreamKind = { dynamic: 0, fixed: 1, payload: 2 } as const;

/** Kinds of records in the command buffer of `pbs_stream_write`. */
export const StreamCommand = { inline: 1, splice: 2, suggest: 3, inject: 4 } as const;

/** Length of one record that `pbs_stream_next` fills in. */
export const CHUNK_RECORD_LENGTH = 80;
/** Length of one record that `pbs_stream_problems` fills in. */
export const PROBLEM_RECORD_LENGTH = 32;
/** Length of the request and answer of `pbs_decoder_decode`. */
export const DECODE_REQUEST_LENGTH = 80;
/** A splice of this size goes on to the end of the file. */
export const SPLICE_TO_END = 0xffffffff_ffffffffn;

/** What `pbs_decoder_decode` returns when a check fails. */
export const DecodeStatus = {
  tooSmall: 1,
  magic: 2,
  crc: 3,
  mode: 4,
  missingKey: 5,
  tag: 6,
  zstd: 7,
  size: 8,
  digest: 9,
} as const;

function bind() {
  return openNative({
    pbs_pipeline_create: { parameters: ["buffer"], result: "i32" },
    pbs_pipeline_add_known: { parameters: ["u32", "buffer", "usize"], result: "i32" },
    pbs_pipeline_statistics: { parameters: ["u32", "buffer", "u32"], result: "i32" },
    pbs_pipeline_destroy: { parameters: ["u32"], result: "i32" },
    pbs_stream_open: { parameters: ["u32", "u32", "u32"], result: "i32" },
    pbs_stream_write: {
      parameters: ["u32", "buffer", "usize", "u32"],
      result: "i32",
      nonblocking: true,
    },
    pbs_stream_discard: { parameters: ["buffer", "usize"], result: "i32" },
    pbs_stream_end: { parameters: ["u32"], result: "i32", nonblocking: true },
    pbs_stream_next: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
    pbs_chunk_settle: { parameters: ["u32"], result: "i32" },
    pbs_stream_problems: { parameters: ["u32", "buffer", "u32"], result: "i32" },
    pbs_stream_failure: { parameters: ["u32", "buffer"], result: "i32" },
    pbs_stream_abort: { parameters: ["u32"], result: "i32" },
    pbs_stream_close: { parameters: ["u32"], result: "i32" },
    pbs_buffer_release: { parameters: ["u32"], result: "i32" },
    pbs_decoder_create: { parameters: ["buffer"], result: "i32" },
    pbs_decoder_destroy: { parameters: ["u32"], result: "i32" },
    pbs_decoder_buffer: { parameters: ["u32", "u32", "buffer"], result: "i32" },
    pbs_decoder_decode: { parameters: ["u32", "buffer"], result: "i32", nonblocking: true },
  });
}

let symbols: ReturnType<typeof bind> | undefined;

/** The native functions of the chunk pipeline, described in `native/include/pbs_pipeline.h`. */
export function pipelineLibrary(): ReturnType<typeof bind> {
  return symbols ??= bind();
}

/** Settings in the form that `pbs_pipeline_create` and `pbs_decoder_create` take. */
export function packPipelineSettings(settings: PipelineSettings): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(16 + 64);
  const view = new DataView(packed.buffer);
  view.setBigUint64(0, BigInt(settings.memoryBudgetBytes), true);
  view.setUint32(8, settings.workers, true);
  view.setUint32(12, (settings.compress ? 1 : 0) | (settings.crypt ? 2 : 0), true);
  if (settings.crypt !== undefined) {
    packed.set(settings.crypt.encryptionKey.subarray(0, 32), 16);
    packed.set(settings.crypt.idKey.subarray(0, 32), 48);
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
