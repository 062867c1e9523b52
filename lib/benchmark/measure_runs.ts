import {
  ChunkDecoder,
  type ChunkKeys,
  ChunkPipeline,
  DEFAULT_AVERAGE_BYTES,
  type ExpectedChunk,
  type PipelineStatistics,
} from "../chunking/mod.ts";
import type { MeasuredTransfer } from "../repository/mod.ts";
import { repeatFor } from "./_repeat_for.ts";
import { SampleFile } from "./_sample_file.ts";

/** Speeds of whole runs, by the names that these have in JSON. */
export interface RunSpeeds {
  /** Cutting alone, in processor time of the threads that do it. */
  readonly chunker: MeasuredTransfer;
  /** Chunks that the storage has: read, cut and hashed. */
  readonly pipeline_known: MeasuredTransfer;
  /** Chunks that are new: compressed as well. */
  readonly pipeline_new: MeasuredTransfer;
  /** The same, encrypted. */
  readonly pipeline_encrypted: MeasuredTransfer;
  /** From blobs in memory to verified plain bytes. */
  readonly restore: MeasuredTransfer;
}

/** Hears of each run that was measured. */
export type RunObserver = (name: keyof RunSpeeds, measured: MeasuredTransfer) => void;

/** How to measure runs. */
export interface MeasureRunsOptions {
  /** Folders that a sample may be written in, in order of preference. */
  readonly folders: readonly string[];
  /** Part of the usual time to take; 1 for all of it. */
  readonly share: number;
  /** Ends the measurement between two runs. */
  readonly signal: AbortSignal;
}

/** Of the sample; so many that all processors have something to do until near the end. */
const BYTES_PER_PROCESSOR = 32 * 1024 * 1024;
const MAX_SAMPLE_BYTES = 256 * 1024 * 1024;
const DURATION_MS = 1000;

/** A chunk as a storage would have it. */
interface SampleChunk {
  readonly expected: ExpectedChunk;
  readonly blob: Uint8Array<ArrayBuffer>;
}

/**
 * Measures whole runs through the native core, on all processors.
 *
 * @throws {SystemError} if the sample cannot be written.
 */
export async function measureRuns(
  observer: RunObserver,
  { folders, share, signal }: MeasureRunsOptions,
): Promise<void> {
  const sizeBytes = Math.min(BYTES_PER_PROCESSOR * navigator.hardwareConcurrency, MAX_SAMPLE_BYTES);
  using sample = new SampleFile(folders, sizeBytes);
  const durationMs = DURATION_MS * share;
  const repeat = (work: () => Promise<void>) => repeatFor(durationMs, sizeBytes, work, signal);

  const chunks: SampleChunk[] = [];
  await runPipeline(sample, {}, (chunk) => chunks.push(chunk));
  const known = new Uint8Array(32 * chunks.length);
  chunks.forEach(({ expected }, i) => known.set(expected.digest, 32 * i));

  let cutMs = 0;
  const knownRuns = await repeat(async () => {
    cutMs += (await runPipeline(sample, { known })).cutMs;
  });
  const cutSeconds = cutMs / 1000;
  observer("chunker", {
    ...knownRuns,
    seconds: cutSeconds,
    bytesPerSecond: knownRuns.bytes / cutSeconds,
  });
  observer("pipeline_known", knownRuns);
  observer("pipeline_new", await repeat(async () => void await runPipeline(sample, {})));
  const crypt = {
    encryptionKey: crypto.getRandomValues(new Uint8Array(32)),
    idKey: crypto.getRandomValues(new Uint8Array(32)),
  };
  observer(
    "pipeline_encrypted",
    await repeat(async () => void await runPipeline(sample, { crypt })),
  );
  using decoder = new ChunkDecoder();
  observer("restore", await repeat(() => decodeAll(decoder, chunks)));
}

interface PipelineRun {
  readonly known?: Uint8Array;
  readonly crypt?: ChunkKeys;
}

/** One run over the whole sample. */
async function runPipeline(
  sample: SampleFile,
  { known, crypt }: PipelineRun,
  keep?: (chunk: SampleChunk) => void,
): Promise<PipelineStatistics> {
  using pipeline = new ChunkPipeline({ crypt });
  if (known !== undefined) pipeline.addKnown(known);
  using stream = pipeline.openStream({ kind: "dynamic", averageSizeBytes: DEFAULT_AVERAGE_BYTES });
  stream.splice(sample.open(), sample.sizeBytes, 0);
  const ended = stream.end();
  // Thrown by `next` as well.
  ended.catch(() => {});
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    for (const chunk of batch) {
      const { digest, size, blob } = chunk;
      if (keep !== undefined && blob !== undefined) {
        keep({ expected: { digest: digest.slice(), size, encrypted: false }, blob: blob.slice() });
      }
      chunk.release();
    }
  }
  await ended;
  return pipeline.statistics();
}

async function decodeAll(decoder: ChunkDecoder, chunks: readonly SampleChunk[]): Promise<void> {
  await Promise.all(chunks.map(async ({ expected, blob }) => {
    const chunk = await decoder.decode(expected, (buffer) => {
      buffer(blob.byteLength).set(blob);
      return Promise.resolve();
    });
    chunk.release();
  }));
}
