import { setTimeout as delay } from "node:timers/promises";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CancelledError, PbsError, SystemError } from "../errors/mod.ts";
import { FIXED_CHUNK_SIZE } from "../index/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import { isFull } from "./_system_failure.ts";
import { StoreClock } from "./_store_clock.ts";
import { IndexMarker, recordUnlessFull } from "./_mark_indexes.ts";
import { BadChunks, forgetBadChunks } from "./bad_chunks.ts";
import type { ChunkStore, SweptChunk } from "./chunk_store.ts";
import type { CollectGarbageOptions } from "./collect_garbage_options.ts";
import type { Datastore } from "./datastore.ts";
import {
  CHUNK_FOLDER_COUNT,
  GC_CUTOFF_SECONDS,
  GC_STATUS_FILE,
  GC_WRITER_MARGIN_SECONDS,
} from "./format.ts";
import { type GcProgress, GcProgressFile } from "./gc_progress.ts";
import { formatGcStatus, type GcCounters, type GcStatus, newGcCounters } from "./gc_status.ts";
import { ProgressRecorder } from "./_gc_progress_recorder.ts";
import { TimeSlice } from "./time_slice.ts";

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
  options: CollectGarbageOptions,
): Promise<GcStatus> {
  if (datastore.collector !== undefined) return await datastore.collector(options);
  const { upid, log, signal } = options;
  using _lock = await datastore.processLock.acquireExclusive();
  const slice = new TimeSlice(signal);
  log(`starting garbage collection on datastore "${datastore.path}"`);
  if (datastore.options.gcAccessTimeCheck ?? true) {
    await testAccessTime(datastore);
    log("access time test passed");
  }
  const clock = new StoreClock(datastore.chunks);
  const earlier = await readProgress(datastore, clock, options);
  if (earlier !== undefined) {
    log(`going on with the garbage collection of ${new Date(earlier.start * 1000).toISOString()}`);
  }
  const limits = accessTimeLimits(datastore, clock, options.cutoffSeconds, earlier);
  const counters = { ...earlier?.counters ?? newGcCounters() };
  const progress = new ProgressRecorder(datastore, options, { earlier, limits, counters, clock });
  const work = { datastore, limits, counters, slice, log, clock };
  let temporaryFiles: readonly string[];
  try {
    temporaryFiles = await mark(work, options, progress);
    log("phase 2: remove unused chunks");
    await sweep(work, progress, options.onMissing);
  } catch (error) {
    if (error instanceof CancelledError) await progress.record();
    throw error;
  }
  await removeTemporaryFiles(datastore, temporaryFiles, limits, log);
  const status: GcStatus = { upid, ...counters };
  await writeStatus(datastore, status, log);
  await new GcProgressFile(datastore).remove();
  logSummary(status, log);
  return status;
}

/** Progress of an earlier collection, if this one is to go on with it. */
async function readProgress(
  datastore: Datastore,
  clock: StoreClock,
  { recordEveryMs }: CollectGarbageOptions,
): Promise<GcProgress | undefined> {
  if (recordEveryMs === undefined) return undefined;
  const earlier = await new GcProgressFile(datastore).read();
  // With a clock that was set back nobody knows what is older than what.
  return earlier === undefined || earlier.last > clock.start ? undefined : earlier;
}

/** Phase 1. @returns Files that were being written. */
async function mark(
  { datastore, log, slice, counters, clock }: Work,
  { onMissing }: CollectGarbageOptions,
  progress: ProgressRecorder,
): Promise<readonly string[]> {
  log("phase 1: mark used chunks");
  const bad = await BadChunks.read(datastore);
  const { marked } = progress;
  const isWhole = marked === undefined || marked.size === 0;
  const onIndex = async (_seen: number, total: number) => {
    progress.total = total;
    if (progress.isDue) await progress.record();
  };
  const marker = new IndexMarker({
    ...{ datastore, log, slice, counters, bad, clock, marked, onMissing },
    onIndex,
  });
  await marker.run();
  // Which of them are needed shows only if all indexes were read.
  await forgetBadChunks(
    datastore,
    (digest) => !isWhole || !bad.has(digest) || marker.neededBad.has(digest),
  );
  return marker.temporaryFiles;
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
  earlier?: GcProgress,
): AccessTimeLimits {
  const oldestWriter = datastore.processLock.oldestWriter() ?? start;
  // What is marked from here on may get a time that is a clock tick older than that of the start.
  const cutoff = start - Math.max(cutoffSeconds, 1);
  // A chunk that a running backup has found or stored was used after the backup began.
  const own = oldestWriter < cutoff ? oldestWriter - GC_WRITER_MARGIN_SECONDS : cutoff;
  // What an earlier one has marked is used since its beginning, not since ours.
  const remove = Math.min(own, earlier?.remove ?? own);
  const writing = Math.min(remove, start - GC_CUTOFF_SECONDS);
  return { remove, pending: Math.min(oldestWriter, earlier?.pending ?? oldestWriter), writing };
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
    const before = await chunks.stat(digest);
    await delay(ACCESS_TIME_TEST_MS);
    await chunks.touch(digest);
    const after = await chunks.stat(digest);
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

/** Everything that both phases work with. */
interface Work {
  readonly datastore: Datastore;
  readonly limits: AccessTimeLimits;
  readonly counters: GcCounters;
  readonly slice: TimeSlice;
  readonly log: TaskLog;
  readonly clock: StoreClock;
}

async function sweep(
  { datastore, limits, counters, slice, log, clock }: Work,
  progress: ProgressRecorder,
  onMissing: CollectGarbageOptions["onMissing"],
): Promise<void> {
  const from = progress.folder ?? 0;
  let tenths = Math.floor(from * 10 / CHUNK_FOLDER_COUNT);
  const abandoned = { count: 0, bytes: 0 };
  const lost: SweptChunk[] = [];
  for await (const { folder, items } of datastore.chunks.sweep(from, limits)) {
    progress.folder = folder;
    if (progress.isDue) await progress.record();
    slice.check();
    if (slice.isOver) await slice.pause();
    if (folder % CLOCK_CHECK_FOLDERS === 0) clock.check();
    for (const item of items) {
      const bad = item.kind === "bad";
      if (item.kind === "using") item.remove();
      else if (item.kind === "lost") lost.push(item);
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
    for (const item of lost.splice(0)) {
      const digest = decodeHex(item.name.slice(0, 64));
      log(`WARN: chunk ${encodeHex(digest)} is missing, an index names it`, true);
      // First: a backup that begins from here on must not rely on it.
      await recordUnlessFull(datastore, digest, log);
      item.remove();
      onMissing?.(digest);
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
async function removeTemporaryFiles(
  { files }: Datastore,
  paths: readonly string[],
  limits: AccessTimeLimits,
  log: TaskLog,
): Promise<void> {
  let removed = 0;
  for (const path of paths) {
    const time = files.modificationTime(path);
    if (time === undefined || time >= limits.writing) continue;
    if (await files.removeFile(path)) removed++;
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
