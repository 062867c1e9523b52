import { encodeHex } from "../bytes/mod.ts";
import { checkBlobCrc, decodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import {
  CorruptDataError,
  describeError,
  LockedError,
  NotFoundError,
  PbsError,
  SystemError,
} from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
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
  isTransientError,
  MANIFEST_BLOB_NAME,
  type VerifyRequest,
} from "../repository/mod.ts";
import type { ChunkVerification } from "./chunk_verification.ts";
import type { Datastore } from "./datastore.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { DigestTable } from "./digest_table.ts";
import { isDue } from "./is_due.ts";
import { checkArchiveFileName } from "./layout.ts";
import { readIndex } from "./read_index.ts";
import { lockManifest, readManifest, updateManifest } from "./snapshot_manifest.ts";
import { TimeSlice } from "./time_slice.ts";
import type { SnapshotVerdict, VerifyOptions } from "./verify_options.ts";
import type { VerifyPlace } from "./verify_place.ts";

/** Chunks that are read and checked at the same time. */
const CHUNKS_IN_FLIGHT = 8;

/** States of a chunk in the course of one verification. */
const CHUNK_PLAIN = 1;
const CHUNK_ENCRYPTED = 2;
const CHUNK_CORRUPT = 3;
const STATES = { plain: CHUNK_PLAIN, encrypted: CHUNK_ENCRYPTED, corrupt: CHUNK_CORRUPT } as const;

/** A snapshot that is being verified. */
interface SnapshotRun {
  readonly snapshot: DatastoreSnapshot;
  readonly name: string;
  readonly upid: string;
  readonly problems: string[];
}

/** Verification of one snapshot after the other. */
export class Verification {
  readonly #datastore: Datastore;
  readonly #request: VerifyRequest;
  readonly #options: VerifyOptions;
  readonly #slice: TimeSlice;
  readonly #startTime = Math.floor(Date.now() / 1000);
  readonly #chunks = new DigestTable();

  readonly #verifier: ChunkVerification;
  /** Place where an earlier one stopped, until its snapshot was met. */
  #place: VerifyPlace | undefined;
  #snapshot = "";
  #snapshotsDone = 0;
  #bytesRead = 0;

  constructor(
    datastore: Datastore,
    request: VerifyRequest,
    options: VerifyOptions,
    verifier: ChunkVerification,
    private readonly snapshotsTotal: number,
  ) {
    this.#datastore = datastore;
    this.#verifier = verifier;
    this.#place = options.place;
    this.#request = request;
    this.#options = options;
    this.#slice = new TimeSlice(options.signal);
  }

  async verifySnapshot(snapshot: DatastoreSnapshot): Promise<SnapshotVerdict> {
    const { log } = this.#options;
    const name = snapshot.fullPath;
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
      // No snapshot has failed because its store did not answer.
      if (isTransientError(error)) throw error;
      const problems = describeError(error);
      log(`snapshot "${name}" failed: ${problems.join(": ")}`, true);
      return { snapshot, state: "failed", problems };
    }
    if (!isDue(verifyStateOf(manifest), this.#request, this.#startTime)) {
      log(`skipping snapshot "${name}": verified before`);
      return { snapshot, state: "skipped", problems: [] };
    }
    const place = this.#placeIn(name, manifest);
    log(`${place === undefined ? "verifying" : "going on with"} snapshot "${name}"`);
    const run = { snapshot, name, upid: place?.upid ?? upid, problems: [...place?.problems ?? []] };
    const { problems } = run;
    let skip = place?.file;
    for (const file of manifest.files) {
      if (skip !== undefined && file.filename !== skip) continue;
      skip = undefined;
      const from = file.filename === place?.file ? place.next : 0;
      try {
        await this.#verifyFile(run, file, from);
      } catch (error) {
        if (!this.#isOfSnapshot(error)) throw error;
        problems.push(`"${file.filename}": ${describeError(error).join(": ")}`);
      }
    }
    const isManifestSame = await this.#compareOriginals(snapshot, problems);
    for (const problem of problems) log(`snapshot "${name}": ${problem}`, true);
    const state = problems.length === 0 ? "ok" : "failed";
    if (!isManifestSame) {
      log(`the result is not recorded: that would replace the manifest of "${name}"`, true);
      this.#options.onPlace?.(undefined);
      return { snapshot, state, problems };
    }
    try {
      await updateManifest(
        snapshot,
        (current) => withVerifyState(current, { upid: run.upid, state }),
      );
    } catch (error) {
      // A datastore on a read-only file system can be verified as well, only nobody remembers it.
      if (!(error instanceof SystemError && error.errno === Errno.EROFS)) throw error;
      log(`cannot record the result in the manifest of "${name}": ${error.message}`);
    }
    this.#options.onPlace?.(undefined);
    return { snapshot, state, problems };
  }

  /**
   * Compares the files with the copies that count, where those are elsewhere.
   *
   * @returns Whether the manifest there is the one that was verified.
   */
  async #compareOriginals(snapshot: DatastoreSnapshot, problems: string[]): Promise<boolean> {
    const { files } = this.#datastore;
    if (files.compareOriginals === undefined) return true;
    using _lock = await lockManifest(snapshot);
    try {
      const differing = await files.compareOriginals(snapshot.folder);
      for (const { problem, isFault } of differing) {
        if (isFault) problems.push(problem);
        else this.#options.log(`snapshot "${snapshot.fullPath}": ${problem}`);
      }
      const manifest = snapshot.file(MANIFEST_BLOB_NAME);
      return !differing.some(({ path, isFault }) => isFault && path === manifest);
    } catch (error) {
      if (!this.#isOfSnapshot(error)) throw error;
      problems.push(describeError(error).join(": "));
      return true;
    }
  }

  /** Whether a failure says something about a snapshot, and not only that its store did not answer. */
  #isOfSnapshot(error: unknown): error is PbsError {
    return error instanceof PbsError && !isTransientError(error) && !this.#options.signal?.aborted;
  }

  /** Place to go on at, if an earlier verification stopped in the middle of this snapshot. */
  #placeIn(name: string, { files }: Manifest): VerifyPlace | undefined {
    const place = this.#place;
    if (place?.snapshot !== name) return undefined;
    this.#place = undefined;
    const file = files.find(({ filename }) => filename === place.file);
    return file !== undefined && encodeHex(file.checksum) === place.checksum ? place : undefined;
  }

  async #verifyFile(
    run: SnapshotRun,
    file: ManifestFile,
    from: number,
  ): Promise<void> {
    // A manifest is what somebody uploaded: its names may lead anywhere.
    checkArchiveFileName(file.filename);
    let bytes: Uint8Array;
    try {
      bytes = await this.#datastore.files.read(run.snapshot.file(file.filename));
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
    await this.#verifyChunks(run, index, file, from);
  }

  async #verifyChunks(
    run: SnapshotRun,
    index: ChunkIndex,
    file: ManifestFile,
    from: number,
  ): Promise<void> {
    const started = performance.now();
    const encrypted = file.cryptMode === "encrypt";
    let [next, bytes, errors] = [from, 0, 0];
    const { problems } = run;
    const inHand = new Set<number>();
    const tellPlace = () =>
      this.#options.onPlace?.({
        snapshot: run.name,
        upid: run.upid,
        file: file.filename,
        checksum: encodeHex(file.checksum),
        next: Math.min(next, ...inHand),
        problems,
      });
    const seen = new DigestTable();
    const report = (digest: Uint8Array, problem: string) => {
      errors++;
      const chunk = `"${file.filename}": chunk ${encodeHex(digest)}: `;
      // After a resumption some are met a second time.
      if (!problems.some((each) => each.startsWith(chunk))) problems.push(chunk + problem);
    };
    let isStopped = false;
    const work = async () => {
      while (next < index.chunkCount && !isStopped) {
        const i = next++;
        const digest = index.digestAt(i);
        if (!seen.set(digest, 0)) continue;
        inHand.add(i);
        this.#slice.check();
        if (this.#slice.isOver) await this.#slice.pause();
        const size = index.endOf(i) - index.startOf(i);
        let state = this.#chunks.get(digest);
        let problem = "is corrupt, as found before";
        const isNew = state === undefined;
        if (state === undefined) {
          const verdict = await this.#verifier.verify({ digest, size });
          [state, problem] = [STATES[verdict.kind], verdict.problem];
          this.#chunks.set(digest, state);
          bytes += size;
          this.#bytesRead += size;
          this.#tellProgress(this.#snapshot);
        }
        if (state === CHUNK_CORRUPT) report(digest, problem);
        else if ((state === CHUNK_ENCRYPTED) !== encrypted) {
          report(digest, "is not encrypted the way its archive says");
          if (!encrypted) await this.#verifier.recordNotPlain(digest);
        }
        inHand.delete(i);
        if (isNew) tellPlace();
      }
    };
    const workers = Array.from(
      { length: CHUNKS_IN_FLIGHT },
      () =>
        work().catch((error) => {
          isStopped = true;
          throw error;
        }),
    );
    // What is read goes into memory of the checker, which must outlive it.
    const ends = await Promise.allSettled(workers);
    tellPlace();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    const speed = (bytes / seconds / 1048576).toFixed(2);
    this.#options.log(
      `  verified "${file.filename}": ${bytes} new bytes in ${
        seconds.toFixed(2)
      } s (${speed} MiB/s), ${errors} errors`,
    );
  }
}
