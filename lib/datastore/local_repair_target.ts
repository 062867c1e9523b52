import { Errno } from "../../ffi/errno.ts";
import {
  checkBlobCrc,
  decodeBlob,
  MAX_CHUNK_PLAIN_BYTES,
  MAX_ENCODED_CHUNK_BYTES,
  parseBlobHeader,
} from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { PbsError, SystemError } from "../errors/mod.ts";
import { withVerifyState } from "../manifest/mod.ts";
import {
  isTransientError,
  MANIFEST_BLOB_NAME,
  type NewChunk,
  type PlacedSnapshot,
  type RepairCandidate,
  type RepairRange,
  type RepairTarget,
  type SnapshotSource,
  type TaskLog,
  waitForLock,
} from "../repository/mod.ts";
import { BadChunks, forgetBadChunk, recordBadChunk } from "./bad_chunks.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "./format.ts";
import { checkArchiveFileName } from "./layout.ts";
import { LocalSnapshotSource } from "./local_snapshot_source.ts";
import { lockManifest, updateManifest } from "./snapshot_manifest.ts";
import { groupsOf, namespacesBelow, requireNamespace, snapshotsOf } from "./snapshot_tree.ts";

/** A collection of garbage takes hours where there is a lot of it. */
const GARBAGE_WAIT_MS = 7 * 24 * 3600 * 1000;

/**
 * The local form of {@linkcode RepairTarget}: writes below the datastore's folder. Like a backup it
 * keeps garbage collection of other processes away, one snapshot at a time.
 */
export class LocalRepairTarget implements RepairTarget {
  readonly #datastore: Datastore;
  readonly #upid: string;
  readonly #log: TaskLog;
  /** Records of bad chunks, as of the beginning. */
  #bad: BadChunks | undefined;
  /** Whether chunks were stored that may not have reached the disk. */
  #isUnsynced = false;

  /** @param upid The task that is recorded with the outcome. */
  constructor(datastore: Datastore, upid: string, log: TaskLog) {
    this.#datastore = datastore;
    this.#upid = upid;
    this.#log = log;
  }

  /** See {@linkcode RepairTarget.list}. */
  async list({ namespace, group, time }: RepairRange): Promise<RepairCandidate[]> {
    const datastore = this.#datastore;
    requireNamespace(datastore, namespace);
    this.#bad = await BadChunks.read(datastore);
    const found: RepairCandidate[] = [];
    for (const each of group ? [namespace] : await namespacesBelow(datastore, namespace)) {
      const groups = group
        ? [new DatastoreGroup(datastore, each, group)]
        : await groupsOf(datastore, each);
      for (const one of groups) {
        for (const { name } of await snapshotsOf(one)) {
          if (time !== undefined && name.time !== time) continue;
          found.push({ namespace: each, snapshot: name });
        }
      }
    }
    return found;
  }

  /** See {@linkcode RepairTarget.hold}. */
  async hold(signal: AbortSignal): Promise<Disposable> {
    const wait = { waitMs: GARBAGE_WAIT_MS, log: (line: string) => this.#log(line) };
    return await waitForLock(
      wait,
      () => Promise.resolve().then(() => this.#datastore.processLock.acquireShared()),
      signal,
    );
  }

  /** See {@linkcode RepairTarget.open}. */
  async open(placed: PlacedSnapshot): Promise<SnapshotSource> {
    return await LocalSnapshotSource.open(this.#snapshot(placed));
  }

  /** See {@linkcode RepairTarget.isSuspect}. */
  async isSuspect(digest: Uint8Array): Promise<boolean> {
    if (this.#bad?.has(digest)) return true;
    const { chunks } = this.#datastore;
    if (!chunks.hasCheapLooks) return false;
    const chunk = await chunks.stat(digest);
    if (chunk === undefined) return true;
    const { size } = chunk;
    return size !== undefined && (size < MIN_ENCODED_CHUNK_BYTES || size > MAX_ENCODED_CHUNK_BYTES);
  }

  /** See {@linkcode RepairTarget.touch}. */
  touch(digest: Uint8Array): boolean | Promise<boolean> {
    return this.#datastore.chunks.touch(digest);
  }

  /** See {@linkcode RepairTarget.setAside}. They are recorded first, as a verification does. */
  async setAside(
    _snapshot: PlacedSnapshot,
    digests: readonly Uint8Array[],
    isProven: boolean,
  ): Promise<void> {
    const { chunks } = this.#datastore;
    for (const digest of digests) {
      const file = await chunks.stat(digest);
      if (!isProven && file !== undefined && await this.#looksSound(digest)) continue;
      await recordBadChunk(this.#datastore, digest, "everybody", file);
      const name = file && await chunks.setAside(digest, file.inode);
      if (name !== undefined) {
        this.#log(`corrupt chunk ${encodeHex(digest)} was renamed to "${name}"`);
      }
    }
  }

  /** Whether a chunk has the content of its digest, or a right CRC where nobody can tell more. */
  async #looksSound(digest: Uint8Array): Promise<boolean> {
    try {
      let blob = new Uint8Array();
      await this.#datastore.chunks.readOriginal(digest, (length) => blob = new Uint8Array(length));
      if (checkBlobCrc(blob).encrypted) return true;
      await decodeBlob(blob, { maxSizeBytes: MAX_CHUNK_PLAIN_BYTES, expectedDigest: digest });
      return true;
    } catch (error) {
      // Nobody knows then, and what is sound must stay.
      if (error instanceof PbsError && !isTransientError(error)) return false;
      throw error;
    }
  }

  /** See {@linkcode RepairTarget.putChunk}. */
  async putChunk(_snapshot: PlacedSnapshot, { digest, blob }: NewChunk): Promise<void> {
    this.#isUnsynced = true;
    await this.#datastore.chunks.insert(digest, blob);
    await forgetBadChunk(this.#datastore, digest, parseBlobHeader(blob).encrypted);
  }

  /** See {@linkcode RepairTarget.putFile}. */
  async putFile(placed: PlacedSnapshot, name: string, bytes: Uint8Array): Promise<void> {
    checkArchiveFileName(name);
    const snapshot = this.#snapshot(placed);
    using _lock = name === MANIFEST_BLOB_NAME ? await lockManifest(snapshot) : undefined;
    await this.#datastore.files.replaceDurably(snapshot.file(name), bytes);
  }

  /** See {@linkcode RepairTarget.conclude}. */
  async conclude(placed: PlacedSnapshot, isWhole: boolean): Promise<void> {
    const state = isWhole ? "ok" : "failed";
    // A crash must not leave empty files in a snapshot that is said to be sound.
    if (isWhole) await this.#sync();
    try {
      await updateManifest(
        this.#snapshot(placed),
        (manifest) => withVerifyState(manifest, { upid: this.#upid, state }),
      );
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === Errno.EROFS)) throw error;
      this.#log(`the result cannot be recorded: ${error.message}`);
    }
  }

  /** Brings what was put in place to disk, as after a backup. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sync();
  }

  async #sync(): Promise<void> {
    if (!this.#isUnsynced || this.#datastore.syncLevel !== "filesystem") return;
    this.#isUnsynced = false;
    using writes = this.#datastore.files.watchWrites();
    await writes.sync();
  }

  #snapshot({ namespace, snapshot }: PlacedSnapshot): DatastoreSnapshot {
    return new DatastoreSnapshot(this.#datastore, namespace, snapshot);
  }
}
