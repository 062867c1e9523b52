import { setTimeout as delay } from "node:timers/promises";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { PbsError, SystemError } from "../errors/mod.ts";
import { FIXED_CHUNK_SIZE } from "../index/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import { isFull } from "./_system_failure.ts";
import { StoreClock } from "./_store_clock.ts";
import { IndexMarker } from "./_mark_indexes.ts";
import { BadChunks, forgetBadChunks } from "./bad_chunks.ts";
import type { ChunkStore } from "./chunk_store.ts";
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
  /**
   * Age in seconds from which garbage is removed, instead of the datastore's. 0 is safe: nobody else
   * can be writing, and what a backup of this process uses is kept.
   */
  readonly cutoffSeconds?: number | undefined;
}

/** More than the second in which access times are compared. */
const ACCESS_TIME_TEST_MS = 1100;
/** Folders that are swept between two looks at the clock. */
const CLOCK_CHECK_FOLDERS = 64;

/**
 * Deletes chunks that no index refers to and that were not used for a day (spec:
 * datastore-formats.md §6.7). An index that cannot be read ends it before anything is deleted.
 *
 * @throws {LockedError} if it is running already, or another process has a backup running.
 * @throws {CancelledError} if it was asked to stop; everything stays consistent.
 */
export async function collectGarbage(
  datastore: Datastore,
  { upid, log, signal, cutoffSeconds }: CollectGarbageOptions,
): Promise<GcStatus> {
  using _lock = datastore.processLock.acquireExclusive();
  const slice = new TimeSlice(signal);
  log(`starting garbage collection on datastore "${datastore.path}"`);
  if (datastore.options.gcAccessTimeCheck ?? true) {
    await testAccessTime(datastore);
    log("access time test passed");
  }
  const clock = new StoreClock(datastore.chunks);
  const limits = accessTimeLimits(datastore, clock, cutoffSeconds);
  const counters = newGcCounters();
  log("phase 1: mark used chunks");
  const bad = await BadChunks.read(datastore);
  const marker = new IndexMarker({ datastore, log, slice, counters, bad, clock });
  await marker.run();
  await forgetBadChunks(datastore, (digest) => !bad.has(digest) || marker.neededBad.has(digest));
  log("phase 2: remove unused chunks");
  await sweep({ datastore, limits, counters, slice, log, clock });
  removeTemporaryFiles(datastore, marker.temporaryFiles, limits, log);
  const status: GcStatus = { upid, ...counters };
  await writeStatus(datastore, status, log);
  logSummary(status, log);
  return status;
}

async function writeStatus(datastore: Datastore, status: GcStatus, log: TaskLog): Promise<void> {
  const text = new TextEncoder().encode(formatGcStatus(status));
  try {
    await datastore.files.replace(GC_STATUS_FILE, text);
  } catch (error) {
    if (!(error instanceof SystemError && isFull(error))) throw error;
    log(`WARN: the result is not recorded: ${error.message}`, true);
  }
}

interface AccessTimeLimits {
  /** Chunks last used before this time are removed. */
  readonly remove: number;
  /** Chunks last used before this time, but not before `remove`, are pending. */
  readonly pending: number;
  /** Writers that are not registered, of notes for example, began later than this. */
  readonly writing: number;
}

function accessTimeLimits(
  datastore: Datastore,
  { start }: StoreClock,
  cutoffSeconds = datastore.options.gcCutoffSeconds ?? GC_CUTOFF_SECONDS,
): AccessTimeLimits {
  const oldestWriter = datastore.processLock.oldestWriter() ?? start;
  // What is marked from here on may get a time that is a clock tick older than that of the start.
  const cutoff = start - Math.max(cutoffSeconds, 1);
  // A chunk that a running backup has found or stored was used after the backup began.
  const remove = oldestWriter < cutoff ? oldestWriter - GC_WRITER_MARGIN_SECONDS : cutoff;
  const writing = Math.min(remove, start - GC_CUTOFF_SECONDS);
  return { remove, pending: oldestWriter, writing };
}

/** On a file system that ignores explicit access times every chunk would look unused. */
async function testAccessTime(datastore: Datastore): Promise<void> {
  const { chunks } = datastore;
  const plain = new Uint8Array(FIXED_CHUNK_SIZE);
  const digest = chunkDigest(plain);
  const blob = await encodeBlob(plain, { compress: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    if (!await insertUnlessFull(chunks, digest, blob)) {
      const before = chunks.now();
      await delay(ACCESS_TIME_TEST_MS);
      if (chunks.now() > before) return;
      break;
    }
    const before = chunks.stat(digest);
    await delay(ACCESS_TIME_TEST_MS);
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

/** A collection that is to free a full disk has no room for the chunk of the test. */
async function insertUnlessFull(
  chunks: ChunkStore,
  digest: Uint8Array,
  blob: Uint8Array,
): Promise<boolean> {
  try {
    await chunks.insert(digest, blob);
    return true;
  } catch (error) {
    if (!(error instanceof SystemError && isFull(error))) throw error;
    return false;
  }
}

interface Sweep {
  readonly datastore: Datastore;
  readonly limits: AccessTimeLimits;
  readonly counters: ReturnType<typeof newGcCounters>;
  readonly slice: TimeSlice;
  readonly log: TaskLog;
  readonly clock: StoreClock;
}

async function sweep({ datastore, limits, counters, slice, log, clock }: Sweep): Promise<void> {
  let tenths = 0;
  const abandoned = { count: 0, bytes: 0 };
  for (const { folder, items } of datastore.chunks.sweep()) {
    if (slice.isOver) await slice.pause();
    if (folder % CLOCK_CHECK_FOLDERS === 0) clock.check();
    for (const item of items) {
      const bad = item.kind === "bad";
      if (item.kind === "using") item.remove();
      else if (item.kind === "temporary") {
        // The reference leaves them for ever. Nobody writes a chunk for longer than the cutoff.
        if (item.modificationTime >= limits.remove) continue;
        item.remove();
        abandoned.count++;
        abandoned.bytes += item.size;
      } else if (item.accessTime < limits.remove) {
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
  if (abandoned.count > 0) {
    log(`removed unfinished chunk files: ${abandoned.count}, ${abandoned.bytes} bytes`);
  }
}

/** Removes files that killed runs were writing beside those of snapshots. */
function removeTemporaryFiles(
  { files }: Datastore,
  paths: readonly string[],
  limits: AccessTimeLimits,
  log: TaskLog,
): void {
  let removed = 0;
  for (const path of paths) {
    const time = files.modificationTime(path);
    if (time === undefined || time >= limits.writing) continue;
    if (files.removeFile(path)) removed++;
  }
  if (removed > 0) log(`removed other unfinished files: ${removed}`);
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
