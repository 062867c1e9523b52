import type { FinishedChunk } from "../chunking/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { IndexChecksum } from "../index/mod.ts";
import type { ChunkPlacement, IndexKind, IndexWriter, NewChunk } from "../repository/mod.ts";

/** Places sent with one append (spec: client-pipeline.md §1.8: 1,024 to 4,096 are safe). */
const APPEND_BATCH = 2048;
/** Chunks that may be on their way to the repository at a time. */
const IN_FLIGHT_MAX = 64;

/** Source of finished chunks, in stream order. */
export interface FinishedChunkSource {
  /** The next chunks, or undefined at the end. */
  next(): Promise<readonly FinishedChunk[] | undefined>;
}

/** Who hears of new chunks. */
export interface UploadListener {
  /** It is about to be sent. */
  sending(chunk: NewChunk): void;
  /** It has arrived. */
  stored(chunk: NewChunk): void;
}

/** Counters of one archive. */
export interface UploadCounters {
  chunkCount: number;
  knownChunkCount: number;
  sizeBytes: number;
  newBytes: number;
  reusedBytes: number;
  storedBytes: number;
  /** Encoded bytes the store did not have yet; undefined once it did not say. */
  addedBytes: number | undefined;
  injectedBytes: number;
  injectedChunkCount: number;
}

/**
 * Chunks that are on their way to the repository, over all archives of a run. A chunk that another
 * archive is still sending is known to the pipeline, but may be placed only once it has arrived.
 */
export class UploadLedger {
  readonly #pending = new Map<string, Promise<void>>();

  /** Notes that a chunk is being sent. */
  add(digest: Uint8Array, sending: Promise<void>): void {
    const key = encodeHex(digest);
    this.#pending.set(key, sending);
    const forget = () => this.#pending.delete(key);
    sending.then(forget, forget);
  }

  /** The sending to wait for before a chunk is placed, if there is one. */
  pending(digest: Uint8Array): Promise<void> | undefined {
    return this.#pending.size === 0 ? undefined : this.#pending.get(encodeHex(digest));
  }
}

/** How the chunks of one archive are carried into its index. */
export interface UploadOptions {
  /** Decides the index checksum. */
  readonly kind: IndexKind;
  /** Shared by all archives of the run. */
  readonly ledger: UploadLedger;
  /** Told about every chunk, for counters. */
  readonly onChunk: (chunk: FinishedChunk) => void;
  /** Told about every new chunk, which is valid only during the call. */
  readonly listener: UploadListener;
}

/**
 * Carries the finished chunks of one archive into its index: new ones are sent, several at a time, and
 * every chunk is placed in stream order once it has arrived (spec: client-pipeline.md §1.8).
 *
 * @param source The archive's chunks.
 * @param writer The archive's index; closed on success.
 * @returns Counters and the index checksum, both for the manifest.
 */
export async function uploadChunks(
  source: FinishedChunkSource,
  writer: IndexWriter,
  { kind, ledger, onChunk, listener }: UploadOptions,
): Promise<UploadCounters & { checksum: Uint8Array }> {
  const counters: UploadCounters = {
    chunkCount: 0,
    knownChunkCount: 0,
    sizeBytes: 0,
    newBytes: 0,
    reusedBytes: 0,
    storedBytes: 0,
    addedBytes: 0,
    injectedBytes: 0,
    injectedChunkCount: 0,
  };
  const checksum = new IndexChecksum(kind);
  const sending = new Set<Promise<void>>();
  let places: ChunkPlacement[] = [];
  let awaited: Promise<void>[] = [];
  let appends: Promise<void> = Promise.resolve();
  let failure: unknown;
  const remember = (error: unknown) => {
    failure ??= error ?? new Error("unknown failure");
  };

  const appendBatch = () => {
    const batch = places;
    const waits = awaited;
    places = [];
    awaited = [];
    appends = appends.then(async () => {
      await Promise.all(waits);
      if (failure === undefined) await writer.append(batch);
    });
    appends.catch(remember);
  };

  try {
    for (let batch = await source.next(); batch !== undefined; batch = await source.next()) {
      for (const chunk of batch) {
        // A failure must still give back the memory of every chunk that came with it.
        if (failure !== undefined) {
          chunk.release();
          continue;
        }
        const end = chunk.offset + chunk.size;
        checksum.add(end, chunk.digest);
        counters.chunkCount++;
        counters.sizeBytes = end;
        if (chunk.injected) {
          counters.injectedBytes += chunk.size;
          counters.injectedChunkCount++;
        }
        onChunk(chunk);
        if (chunk.known || chunk.blob === undefined) {
          counters.knownChunkCount++;
          counters.reusedBytes += chunk.size;
          const pending = ledger.pending(chunk.digest);
          if (pending !== undefined) awaited.push(pending);
          chunk.release();
        } else {
          counters.newBytes += chunk.size;
          counters.storedBytes += chunk.blob.byteLength;
          const { digest, size, blob } = chunk;
          const storedBytes = blob.byteLength;
          const sentChunk: NewChunk = { digest, size, blob };
          listener.sending(sentChunk);
          const sent = writer.putChunk(sentChunk)
            .then(({ duplicate }) => {
              if (duplicate === undefined) counters.addedBytes = undefined;
              else if (!duplicate && counters.addedBytes !== undefined) {
                counters.addedBytes += storedBytes;
              }
              listener.stored(sentChunk);
            })
            .finally(() => {
              chunk.release();
              sending.delete(sent);
            });
          sent.catch(remember);
          sending.add(sent);
          ledger.add(digest, sent);
          awaited.push(sent);
          if (sending.size >= IN_FLIGHT_MAX) await Promise.race(sending).catch(remember);
        }
        places.push({ digest: chunk.digest, offset: chunk.offset });
        if (places.length >= APPEND_BATCH) appendBatch();
      }
      if (failure !== undefined) throw failure;
    }
    if (places.length > 0) appendBatch();
    await appends;
    if (failure !== undefined) throw failure;
    const sum = checksum.digest();
    await writer.close({
      chunkCount: counters.chunkCount,
      size: counters.sizeBytes,
      checksum: sum,
    });
    return { ...counters, checksum: sum };
  } finally {
    await Promise.allSettled(sending);
  }
}
