import { type GcCounters, readIndex } from "../datastore/mod.ts";
import { decodeHex } from "../bytes/mod.ts";
import { CancelledError, NotFoundError, PbsError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { checkReferences, Reference, ReferencedDigests } from "../marking/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import type { ListedPage, ObjectStore } from "../s3/mod.ts";
import type { BucketFiles } from "./_bucket_files.ts";
import { CANDIDATE_BYTES } from "./_digest_list.ts";
import type { SharedKeys } from "./_keys.ts";

/**
 * Candidates of one collection: they are in the memory of every writer that began after them. More garbage
 * is left to the next collection.
 */
export const MAX_CANDIDATES = 2 ** 21;
/** Indexes that are read at a time. */
const INDEXES_AT_ONCE = 8;

/** An index that was marked. */
export interface MarkedIndex {
  readonly path: string;
  /** Another one when another file lies there. */
  readonly stamp: string;
}

/** Parts that looking for candidates works with. */
export interface FindCandidatesOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly files: BucketFiles;
  readonly counters: GcCounters;
  readonly log: TaskLog;
  readonly signal: AbortSignal | undefined;
  readonly onMissing?: ((digest: Uint8Array) => void) | undefined;
}

/** Result of looking for candidates. */
export interface FoundCandidates {
  readonly marked: readonly MarkedIndex[];
  /** Digests and sizes, 36 bytes each, in their order. */
  readonly candidates: Uint8Array;
  /** Keys of chunks that were set aside and that no index needs. */
  readonly unneededBad: readonly string[];
}

/**
 * Marks what all indexes name, of unfinished snapshots as well, and lists the chunks that none of them does.
 *
 * @throws {PbsError} if an index cannot be read.
 */
export async function findCandidates(options: FindCandidatesOptions): Promise<FoundCandidates> {
  const { store, keys, files, counters, log, signal } = options;
  using digests = new ReferencedDigests();
  await files.refreshAll();
  const marked = files.indexes();
  log(`found ${marked.length} index files`);
  await forEachIndex(files, marked, signal, async (index) => {
    counters.indexFileCount++;
    counters.indexDataBytes += index.size;
    await digests.add(index.digests);
  });
  await digests.seal();
  const found = new CandidateBuilder();
  const unneededBad: string[] = [];
  const onPage = ({ objects }: ListedPage, references: Uint8Array) => {
    for (const [i, { key, size }] of objects.entries()) {
      if (references[i] === Reference.FOREIGN) continue;
      const name = key.slice(key.lastIndexOf("/") + 1);
      const isChunk = name.length === 64;
      if (references[i] === Reference.SOME) {
        counters.diskBytes += size;
        if (isChunk) counters.diskChunks++;
        else counters.stillBad++;
      } else if (!isChunk) {
        unneededBad.push(key);
      } else {
        counters.pendingBytes += size;
        counters.pendingChunks++;
        found.add(name, size);
      }
    }
  };
  await checkReferences(digests, {
    root: keys.chunks,
    list: (prefix, signal) => store.list(prefix, signal),
    onPage,
    signal,
    onMissing: (digest) => {
      log(`WARN: chunk ${keys.chunk(digest).slice(-64)} is missing, an index names it`, true);
      options.onMissing?.(digest);
    },
  });
  return { marked, candidates: found.sorted(), unneededBad };
}

/**
 * Reads indexes, some at a time, and hands them over one after the other. One that is gone by now is passed
 * over.
 *
 * @throws {PbsError} if one cannot be read: chunks that it names would be lost.
 */
export async function forEachIndex(
  files: BucketFiles,
  indexes: readonly MarkedIndex[],
  signal: AbortSignal | undefined,
  action: (index: ChunkIndex) => Promise<void> | void,
): Promise<void> {
  let turn = Promise.resolve();
  const rest = indexes.values();
  const work = async () => {
    for (const { path } of rest) {
      if (signal?.aborted) {
        throw new CancelledError("the task was aborted", { cause: signal.reason });
      }
      const index = await readIndexAt(files, path);
      if (index === undefined) continue;
      turn = turn.then(() => action(index));
      await turn;
    }
  };
  await Promise.all(Array.from({ length: INDEXES_AT_ONCE }, work));
}

async function readIndexAt(files: BucketFiles, path: string): Promise<ChunkIndex | undefined> {
  try {
    return readIndex(await files.read(path), path);
  } catch (cause) {
    if (cause instanceof NotFoundError) return undefined;
    throw new PbsError(`cannot read index "${path}", its chunks might be lost`, { cause });
  }
}

/** Candidates as they come. */
class CandidateBuilder {
  #bytes = new Uint8Array(CANDIDATE_BYTES * 1024);
  #count = 0;

  add(name: string, size: number): void {
    if (this.#count === MAX_CANDIDATES) return;
    const at = this.#count++ * CANDIDATE_BYTES;
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(decodeHex(name), at);
    new DataView(this.#bytes.buffer).setUint32(at + 32, Math.min(size, 2 ** 32 - 1), true);
  }

  /** All of them in the order of their digests. */
  sorted(): Uint8Array {
    const bytes = this.#bytes;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    order.sort((a, b) => {
      for (let k = 0; k < 32; k++) {
        const difference = bytes[a * CANDIDATE_BYTES + k]! - bytes[b * CANDIDATE_BYTES + k]!;
        if (difference !== 0) return difference;
      }
      return 0;
    });
    const sorted = new Uint8Array(this.#count * CANDIDATE_BYTES);
    for (const [to, from] of order.entries()) {
      const record = bytes.subarray(from * CANDIDATE_BYTES, (from + 1) * CANDIDATE_BYTES);
      sorted.set(record, to * CANDIDATE_BYTES);
    }
    return sorted;
  }
}
