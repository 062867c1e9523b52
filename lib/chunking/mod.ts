/**
 * Chunking: from a stream of bytes to chunks, and back.
 *
 * A *chunker* says where a stream is cut: the *rolling hash* cuts where the content says so, a
 * *fixed* one at multiples of a size. A *boundary* is an offset at which a cut is wanted: a
 * *suggested* one may be followed, a *forced* one must be. An *injection* puts *chunks* of an earlier
 * index into the stream at a forced boundary. A *pipeline* is the native engine that reads, cuts,
 * hashes and encodes; a *stream* is one archive's way through it; its input side is a *byte sink*,
 * to which a *splice* adds the content of an open file. An *uncut* stream goes into a file instead. A chunk is *known* if the storage has it. A
 * *decoder* turns stored chunks into verified plain bytes (spec: datastore-formats.md §3).
 *
 * @module
 */

export type { ByteSink } from "./byte_sink.ts";
export {
  type BlobReader,
  ChunkDecoder,
  type ChunkDecoderOptions,
  type ExpectedChunk,
} from "./chunk_decoder.ts";
export {
  type ChunkKeys,
  ChunkPipeline,
  type ChunkPipelineOptions,
  type ChunkStreamOptions,
  type PipelineStatistics,
} from "./chunk_pipeline.ts";
export { ChunkStream, type InjectedChunk, WRITES_UNDER_WAY } from "./chunk_stream.ts";
export type { SpliceProblem, UnreadableGap } from "./splice_problem.ts";
export { UncutStream } from "./uncut_stream.ts";
export type { FinishedChunk } from "./finished_chunk.ts";
export type { PlainChunk } from "./plain_chunk.ts";
export type { Chunker } from "./chunker.ts";
export { FixedChunker } from "./fixed_chunker.ts";
export { CATALOG_AVERAGE_BYTES, DEFAULT_AVERAGE_BYTES } from "./format.ts";
export { PayloadChunker } from "./payload_chunker.ts";
export { PayloadPieces } from "./payload_pieces.ts";
export { RollingHashChunker } from "./rolling_hash_chunker.ts";
export { SpliceError } from "./splice_error.ts";
export { Turns } from "./turns.ts";
export { type CutPiece, type Injection, StreamCutter } from "./stream_cutter.ts";
