import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { PbsError } from "../errors/mod.ts";
import { FIXED_CHUNK_SIZE } from "../index/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import { IndexMarker } from "./_mark_indexes.ts";
import { BadChunks, forgetBadChunks } from "./bad_chunks.ts";
import type { Datastore } from "./datastore.ts";
import {
  CHUNK_FOLDER_COUNT,
  GC_CUTOFF_SECONDS,
  GC_STATUS_FILE,
  GC_WRITER_MARGIN_SECONDS,
} from "./format.ts";
import { formatGcStatus, type GcStatus, newGcCounters } from "./gc_status.ts";
import { TimeSlice } from "./time_slice.ts";

/** How to collect garbage. */
export interface CollectGarbageOptions {
  /** The task that does it. */
  readonly upid: string;
  readonly log: TaskLog;
  readonly signal?: AbortSignal;
}

/** More than the second in which access times are compared. */
const ACCESS_TIME_TEST_MS = 1100;

/**
 * Deletes chunks that no index refers to and that were not used for a day (spec:
 * datastore-formats.md §6.7). An index that cannot be read ends it before anything is deleted.
 *
 * @throws {LockedError} if it is running already, or another process has a backup running.
 * @throws {CancelledError} if it was asked to stop; everything stays consistent.
 */
export async function collectGarbage(
  datastore: Datastore,
  { upid, log, signal }: CollectGarbageOptions,
): Promise<GcStatus> {
  using _lock = datastore.processLock.acquireExclusive();
  const slice = new TimeSlice(signal);
  log(`starting garbage collection on datastore "${datastore.path}"`);
  if (datastore.options.gcAccessTimeCheck ?? true) {
    await testAccessTime(datastore);
    log("access time test passed");
  }
  const limits = accessTimeLimits(datastore);
  const counters = newGcCounters();
  log("phase 1: mark used chunks");
  const bad = await BadChunks.read(datastore);
  const marker = new IndexMarker(datastore, log, slice, counters, bad);
  await marker.run();
  await forgetBadChunks(datastore, (digest) => !bad.has(digest) || marker.neededBad.has(digest));
  log("phase 2: remove unused chunks");
  await sweep(datastore, limits, counters, slice, log);
  const status: GcStatus = { upid, ...counters };
  await datastore.files.replace(GC_STATUS_FILE, new TextEncoder().encode(formatGcStatus(status)));
  logSummary(status, log);
  return status;
}

interface AccessTimeLimits {
  /** What was used before this goes. */
  readonly remove: number;
  /** What was used before this, but not before `remove`, is pending. */
  readonly pending: number;
}

function accessTimeLimits(datastore: Datastore): AccessTimeLimits {
  const start = Math.floor(Date.now() / 1000);
  const oldestWriter = datastore.processLock.oldestWriter() ?? start;
  const cutoff = start - (datastore.options.gcCutoffSeconds ?? GC_CUTOFF_SECONDS);
  // A chunk that a running backup has found or stored was used after the backup began.
  const remove = oldestWriter < cutoff ? oldestWriter - GC_WRITER_MARGIN_SECONDS : cutoff;
  return { remove, pending: oldestWriter };
}

/** On a file system that ignores explicit access times every chunk would look unused. */
async function testAccessTime(datastore: Datastore): Promise<void> {
  const { chunks } = datastore;
  const plain = new Uint8Array(FIXED_CHUNK_SIZE);
  const digest = chunkDigest(plain);
  const blob = await encodeBlob(plain, { compress: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    await chunks.insert(digest, blob);
    const before = chunks.stat(digest);
    await new Promise((resolve) => setTimeout(resolve, ACCESS_TIME_TEST_MS));
    chunks.touch(digest);
    const after = chunks.stat(digest);
    if (before === undefined || after === undefined || before.inode !== after.inode) continue;
    if (after.accessTime > before.accessTime) return;
    break;
  }
  throw new PbsError(
    `datastore "${datastore.path}": the file system does not keep access times, garbage collection would remove chunks that are in use`,
  );
}

async function sweep(
  datastore: Datastore,
  limits: AccessTimeLimits,
  counters: ReturnType<typeof newGcCounters>,
  slice: TimeSlice,
  log: TaskLog,
): Promise<void> {
  let tenths = 0;
  for (const { folder, items } of datastore.chunks.sweep()) {
    if (slice.isOver) await slice.pause();
    for (const item of items) {
      const bad = item.kind === "bad";
      if (item.kind === "using") item.remove();
      else if (item.accessTime < limits.remove) {
        item.remove();
        counters[bad ? "removedBad" : "removedChunks"]++;
        counters.removedBytes += item.size;
      } else if (item.accessTime < limits.pending) {
        counters[bad ? "stillBad" : "pendingChunks"]++;
        counters.pendingBytes += item.size;
      } else {
        if (!bad) counters.diskChunks++;
        counters.diskBytes += item.size;
      }
    }
    const done = Math.floor((folder + 1) * 10 / CHUNK_FOLDER_COUNT);
    if (done > tenths) {
      tenths = done;
      log(`processed ${done * 10}% (${counters.diskChunks} chunks)`);
    }
  }
}

function logSummary(status: GcStatus, log: TaskLog): void {
  log(`removed garbage: ${status.removedBytes} bytes, ${status.removedChunks} chunks`);
  if (status.removedBad > 0) log(`removed bad chunks: ${status.removedBad}`);
  if (status.stillBad > 0) log(`bad chunks kept: ${status.stillBad}`);
  log(`pending removals: ${status.pendingBytes} bytes, ${status.pendingChunks} chunks`);
  log(`original data: ${status.indexDataBytes} bytes in ${status.indexFileCount} index files`);
  const percent = status.indexDataBytes === 0 ? 0 : status.diskBytes * 100 / status.indexDataBytes;
  log(`on disk: ${status.diskBytes} bytes (${percent.toFixed(2)}%), ${status.diskChunks} chunks`);
}
