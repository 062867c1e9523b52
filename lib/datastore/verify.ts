import { encodeHex } from "../bytes/mod.ts";
import {
  checkBlobCrc,
  decodeBlob,
  MAX_BLOB_PLAIN_BYTES,
  MAX_CHUNK_PLAIN_BYTES,
} from "../blob/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import {
  CorruptDataError,
  describeError,
  LockedError,
  NotFoundError,
  PbsError,
  SystemError,
} from "../errors/mod.ts";
import {
  type Manifest,
  type ManifestFile,
  verifyBlob,
  verifyIndex,
  verifyStateOf,
  withVerifyState,
} from "../manifest/mod.ts";
import {
  archiveKind,
  parseUpid,
  type TaskLog,
  type VerifyProgress,
  type VerifyRequest,
} from "../repository/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { BadChunks, type BadFor, forgetBadChunk, recordBadChunk } from "./bad_chunks.ts";
import type { ChunkChecker } from "./chunk_checker.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { DigestTable } from "./digest_table.ts";
import { checkArchiveFileName } from "./layout.ts";
import { readIndex } from "./read_index.ts";
import { readManifest, updateManifest } from "./snapshot_manifest.ts";
import { groupsOf, namespacesBelow, requireNamespace, snapshotsOf } from "./snapshot_tree.ts";
import { TimeSlice } from "./time_slice.ts";

const DAY_SECONDS = 86400;
/** Chunks that are read and checked at the same time. */
const CHUNKS_IN_FLIGHT = 8;
/** Rather an error of the machine than of the chunk; anything else but this is not set aside. */
const UNREADABLE = Errno.EIO;

/** How to verify. */
export interface VerifyOptions {
  /** The task that does it; recorded in every manifest. */
  readonly upid: string;
  readonly checker: ChunkChecker;
  readonly log: TaskLog;
  readonly signal?: AbortSignal;
  /** Told now and then how far it has come. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Levels below the namespace that are also verified; default all. */
  readonly maxDepth?: number | undefined;
  /** Leaves groups out, for a caller who may not see all. */
  readonly accepts?: ((group: DatastoreGroup) => Promise<boolean>) | undefined;
  /** Skip snapshots without a manifest, which a killed run leaves; else they count as failed. */
  readonly leaveOutUnfinished?: boolean;
}

/** Verdict on one snapshot. */
export interface SnapshotVerdict {
  readonly snapshot: DatastoreSnapshot;
  /** `skipped`: in use, gone, or verified before. */
  readonly state: "ok" | "failed" | "skipped";
  /** Its faults, a line each. */
  readonly problems: readonly string[];
}

/** Result of a verification. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly snapshots: readonly SnapshotVerdict[];
}

/**
 * Reads back everything that snapshots consist of, sets corrupt chunks aside and records the result
 * in the manifests (spec: datastore-formats.md §6.9).
 *
 * @throws {NotFoundError} if there is no such namespace.
 * @throws {CancelledError} if it was asked to stop.
 */
export async function verify(
  datastore: Datastore,
  request: VerifyRequest,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const bad = await BadChunks.read(datastore);
  const selected = await Array.fromAsync(selectSnapshots(datastore, request, options));
  const run = new Verification(datastore, request, options, bad, selected.length);
  const snapshots: SnapshotVerdict[] = [];
  for (const snapshot of selected) {
    snapshots.push(await run.verifySnapshot(snapshot));
    const [done, total] = [snapshots.length, selected.length];
    options.log(
      `percentage done: ${(done * 100 / total).toFixed(2)}% (${done}/${total} snapshots)`,
    );
  }
  const failed = snapshots.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    options.log("failed to verify the following snapshots:", true);
  }
  for (const { snapshot } of failed) options.log(`\t${nameOf(snapshot)}`, true);
  return { ok: failed.length === 0, snapshots };
}

function nameOf({ namespace, path }: DatastoreSnapshot): string {
  return namespace === "" ? path : `${namespace}:${path}`;
}

async function* selectSnapshots(
  datastore: Datastore,
  { namespace, group, time }: VerifyRequest,
  { maxDepth, accepts }: VerifyOptions,
): AsyncGenerator<DatastoreSnapshot> {
  requireNamespace(datastore, namespace);
  if (group && time !== undefined) {
    yield new DatastoreSnapshot(datastore, namespace, { ...group, time });
    return;
  }
  const namespaces = group ? [namespace] : await namespacesBelow(datastore, namespace, maxDepth);
  for (const each of namespaces) {
    const groups = group
      ? [new DatastoreGroup(datastore, each, group)]
      : await groupsOf(datastore, each);
    for (const one of groups) {
      if (group === undefined && one.path === "host/benchmark") continue;
      if (accepts !== undefined && !await accepts(one)) continue;
      yield* await snapshotsOf(one);
    }
  }
}

/** States of a chunk in the course of one verification. */
const CHUNK_PLAIN = 1;
const CHUNK_ENCRYPTED = 2;
const CHUNK_CORRUPT = 3;

class Verification {
  readonly #datastore: Datastore;
  readonly #request: VerifyRequest;
  readonly #options: VerifyOptions;
  readonly #slice: TimeSlice;
  readonly #startTime = Math.floor(Date.now() / 1000);
  readonly #chunks = new DigestTable();

  readonly #bad: BadChunks;
  #snapshot = "";
  #snapshotsDone = 0;
  #bytesRead = 0;

  constructor(
    datastore: Datastore,
    request: VerifyRequest,
    options: VerifyOptions,
    bad: BadChunks,
    private readonly snapshotsTotal: number,
  ) {
    this.#datastore = datastore;
    this.#bad = bad;
    this.#request = request;
    this.#options = options;
    this.#slice = new TimeSlice(options.signal);
  }

  async verifySnapshot(snapshot: DatastoreSnapshot): Promise<SnapshotVerdict> {
    const { log } = this.#options;
    const name = nameOf(snapshot);
    this.#slice.check();
    this.#tellProgress(name);
    try {
      using _lock = await snapshot.lock("shared");
      if (!snapshot.exists) throw new NotFoundError(`snapshot "${name}" is gone`);
      return await this.#verifyLocked(snapshot, name);
    } catch (error) {
      if (!(error instanceof LockedError || error instanceof NotFoundError)) throw error;
      log(`skipping snapshot "${name}": ${error.message}`);
      return { snapshot, state: "skipped", problems: [] };
    } finally {
      this.#snapshotsDone++;
    }
  }

  #tellProgress(snapshot: string): void {
    this.#snapshot = snapshot;
    this.#options.onProgress?.({
      snapshot,
      snapshotsDone: this.#snapshotsDone,
      snapshotsTotal: this.snapshotsTotal,
      bytesRead: this.#bytesRead,
    });
  }

  async #verifyLocked(snapshot: DatastoreSnapshot, name: string): Promise<SnapshotVerdict> {
    const { log, upid } = this.#options;
    let manifest: Manifest;
    try {
      manifest = await readManifest(snapshot);
    } catch (error) {
      if (this.#options.leaveOutUnfinished && error instanceof NotFoundError) {
        log(`skipping snapshot "${name}": it was never finished, prune or forget removes it`);
        return { snapshot, state: "skipped", problems: [] };
      }
      const problems = describeError(error);
      log(`snapshot "${name}" failed: ${problems.join(": ")}`, true);
      return { snapshot, state: "failed", problems };
    }
    if (this.#isRecent(manifest)) {
      log(`skipping snapshot "${name}": verified before`);
      return { snapshot, state: "skipped", problems: [] };
    }
    log(`verifying snapshot "${name}"`);
    const problems: string[] = [];
    for (const file of manifest.files) {
      try {
        await this.#verifyFile(snapshot, file, problems);
      } catch (error) {
        if (!(error instanceof PbsError) || this.#options.signal?.aborted) throw error;
        problems.push(`"${file.filename}": ${describeError(error).join(": ")}`);
      }
    }
    for (const problem of problems) log(`snapshot "${name}": ${problem}`, true);
    const state = problems.length === 0 ? "ok" : "failed";
    try {
      await updateManifest(snapshot, (current) => withVerifyState(current, { upid, state }));
    } catch (error) {
      // A datastore on a read-only file system can be verified as well, only nobody remembers it.
      if (!(error instanceof SystemError && error.errno === Errno.EROFS)) throw error;
      log(`cannot record the result in the manifest of "${name}": ${error.message}`);
    }
    return { snapshot, state, problems };
  }

  /** Whether the filter leaves a snapshot out; an earlier failure also counts as verified. */
  #isRecent(manifest: Manifest): boolean {
    if (!(this.#request.ignoreVerified ?? true)) return false;
    const verified = verifyStateOf(manifest);
    if (verified === undefined) return false;
    const limit = this.#request.outdatedAfterDays;
    if (limit === undefined) return true;
    try {
      const ageSeconds = this.#startTime - parseUpid(verified.upid).startTime;
      return Math.floor(ageSeconds / DAY_SECONDS) <= limit;
    } catch (error) {
      if (error instanceof CorruptDataError) return false;
      throw error;
    }
  }

  async #verifyFile(
    snapshot: DatastoreSnapshot,
    file: ManifestFile,
    problems: string[],
  ): Promise<void> {
    // A manifest is what somebody uploaded: its names may lead anywhere.
    checkArchiveFileName(file.filename);
    let bytes: Uint8Array;
    try {
      bytes = await this.#datastore.files.read(snapshot.file(file.filename));
    } catch (cause) {
      if (!(cause instanceof NotFoundError)) throw cause;
      throw new CorruptDataError("file is missing", { cause });
    }
    if (archiveKind(file.filename) === "blob") {
      const { encrypted } = checkBlobCrc(bytes, file.filename);
      verifyBlob(file, bytes);
      if (!encrypted) await decodeBlob(bytes, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
      return;
    }
    const index = readIndex(bytes, file.filename);
    verifyIndex(file, index);
    await this.#verifyChunks(index, file, problems);
  }

  async #verifyChunks(index: ChunkIndex, file: ManifestFile, problems: string[]): Promise<void> {
    const started = performance.now();
    const encrypted = file.cryptMode === "encrypt";
    let [next, bytes, errors] = [0, 0, 0];
    const seen = new DigestTable();
    const report = (digest: Uint8Array, problem: string) => {
      errors++;
      problems.push(`"${file.filename}": chunk ${encodeHex(digest)}: ${problem}`);
    };
    const work = async () => {
      while (next < index.chunkCount) {
        const i = next++;
        const digest = index.digestAt(i);
        if (!seen.set(digest, 0)) continue;
        if (this.#slice.isOver) await this.#slice.pause();
        const size = index.endOf(i) - index.startOf(i);
        let state = this.#chunks.get(digest);
        let problem = "is corrupt, as found before";
        if (state === undefined) {
          [state, problem] = await this.#verifyChunk(digest, size);
          this.#chunks.set(digest, state);
          bytes += size;
          this.#bytesRead += size;
          this.#tellProgress(this.#snapshot);
        }
        if (state === CHUNK_CORRUPT) report(digest, problem);
        else if ((state === CHUNK_ENCRYPTED) !== encrypted) {
          report(digest, "is not encrypted the way its archive says");
          if (!encrypted) await this.#recordBad(digest, "unencrypted archives");
        }
      }
    };
    await Promise.all(Array.from({ length: CHUNKS_IN_FLIGHT }, work));
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    const speed = (bytes / seconds / 1048576).toFixed(2);
    this.#options.log(
      `  verified "${file.filename}": ${bytes} new bytes in ${
        seconds.toFixed(2)
      } s (${speed} MiB/s), ${errors} errors`,
    );
  }

  /** @returns What the chunk is, and what is wrong with a corrupt one. */
  async #verifyChunk(digest: Uint8Array, size: number): Promise<[number, string]> {
    const { chunks } = this.#datastore;
    try {
      const { encrypted } = await this.#options.checker.check(
        { digest, size },
        (buffer) => chunks.read(digest, buffer),
      );
      await this.#forgetBad(digest, encrypted);
      return [encrypted ? CHUNK_ENCRYPTED : CHUNK_PLAIN, ""];
    } catch (error) {
      if (error instanceof NotFoundError) {
        await this.#recordBad(digest, "everybody");
        return [CHUNK_CORRUPT, "is missing"];
      }
      const damaged = error instanceof CorruptDataError ||
        (error instanceof SystemError && error.errno === UNREADABLE);
      // Out of descriptors, out of memory: that says nothing about the chunk.
      if (!damaged) throw error;
      const reason = describeError(error).join(": ");
      // An index that lies about the length does not make a good chunk a bad one for all others.
      const file = chunks.stat(digest);
      if (file === undefined || await this.#isIntact(digest)) return [CHUNK_CORRUPT, reason];
      // First: a backup that begins from here on must not rely on it.
      await recordBadChunk(this.#datastore, digest, "everybody", file);
      const name = chunks.setAside(digest, file.inode);
      if (name !== undefined) {
        this.#options.log(`corrupt chunk ${encodeHex(digest)} was renamed to "${name}"`, true);
      }
      return [CHUNK_CORRUPT, reason];
    }
  }

  async #recordBad(digest: Uint8Array, badFor: BadFor): Promise<void> {
    const file = this.#datastore.chunks.stat(digest);
    await unlessReadOnly(() => recordBadChunk(this.#datastore, digest, badFor, file));
  }

  async #forgetBad(digest: Uint8Array, encrypted: boolean): Promise<void> {
    if (!this.#bad.has(digest)) return;
    await unlessReadOnly(() => forgetBadChunk(this.#datastore, digest, encrypted));
  }

  /** Whether a chunk, whatever its length, has the content of its digest. */
  async #isIntact(digest: Uint8Array): Promise<boolean> {
    try {
      let blob = new Uint8Array();
      await this.#datastore.chunks.read(digest, (length) => blob = new Uint8Array(length));
      await decodeBlob(blob, { maxSizeBytes: MAX_CHUNK_PLAIN_BYTES, expectedDigest: digest });
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Nobody can back up into a datastore on a read-only file system, so nothing need be noted there.
 */
async function unlessReadOnly(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === Errno.EROFS)) throw error;
  }
}
