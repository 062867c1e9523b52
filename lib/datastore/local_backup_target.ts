import {
  checkBlobCrc,
  MAX_CHUNK_PLAIN_BYTES,
  MAX_ENCODED_CHUNK_BYTES,
  parseBlobHeader,
  PLAIN_HEADER_LENGTH,
} from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError, UsageError } from "../errors/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { FIXED_CHUNK_SIZE, type FixedIndex } from "../index/mod.ts";
import { decodeManifestBlob, encodeManifestBlob, withChunkUploadStats } from "../manifest/mod.ts";
import {
  archiveKind,
  type BackupSnapshot,
  type BackupSummary,
  type BackupTarget,
  type ChunkList,
  type ChunkPlacement,
  formatGroupPath,
  type IndexKind,
  type IndexSummary,
  type IndexWriter,
  MANIFEST_BLOB_NAME,
  type NewChunk,
} from "../repository/mod.ts";
import { findSoundChunks } from "./_find_sound_chunks.ts";
import { runAll } from "./_run_all.ts";
import { UploadedFiles } from "./_uploaded_files.ts";
import { BadChunks } from "./bad_chunks.ts";
import type { Datastore } from "./datastore.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { DigestTable } from "./digest_table.ts";
import { MAX_INDEX_WRITERS } from "./format.ts";
import { checkReuse, DynamicIndexFile, FixedIndexFile, type IndexFile } from "./index_file.ts";
import { checkArchiveFileName, joinPath } from "./layout.ts";
import { readIndex } from "./read_index.ts";
import { removeGroupIfEmpty, removeSnapshotFolder } from "./remove_snapshot.ts";
import type { WriteWatch } from "./snapshot_files.ts";

/**
 * Looks at a chunk that came from outside before it is stored.
 *
 * @returns The blob to store instead.
 */
export type ChunkInspector = (chunk: NewChunk) => Promise<Uint8Array>;

/** Everything that a target takes over when it begins. */
export interface OpenedSnapshot {
  readonly snapshot: DatastoreSnapshot;
  /** The previous snapshot that may be relied on. */
  readonly previous: DatastoreSnapshot | undefined;
  /** Everything that is held until the end, given back in reverse order. */
  readonly locks: DisposableStack;
  /** Sees what cannot be written during the backup; one of those held. */
  readonly writes: WriteWatch;
  /** Looks at chunks from outside the process. */
  readonly inspectChunk: ChunkInspector | undefined;
  /** Whether contents of chunks need not be kept where a datastore keeps copies of contents. */
  readonly noCache: boolean | undefined;
  /** Remarks from its beginning. */
  readonly warnings: readonly string[];
}

/** More makes unchanged runs faster, as long as the process stays below 250 MB. */
const CHUNK_MEMORY_BYTES = 128 * 1024 * 1024;

/** Marks chunks that earlier backups have brought; more than any chunk's size. */
const TAKEN_OVER = 2 ** 32;

/** An index that is being written. */
interface OpenWriter {
  readonly kind: IndexKind;
  readonly file: IndexFile;
  closed: boolean;
  /** Whether a fixed index had its one chunk that is smaller than the others. */
  hasShortChunk: boolean;
}

/**
 * The local form of {@linkcode BackupTarget}: writes a snapshot into a datastore of this machine
 * (spec: datastore-formats.md §6.4, protocol.md §5). Begun by `beginBackup`.
 */
export class LocalBackupTarget implements BackupTarget {
  readonly snapshot: BackupSnapshot;
  /** See {@linkcode BackupTarget.chunkMemoryBytes}. */
  readonly chunkMemoryBytes = CHUNK_MEMORY_BYTES;
  /** See {@linkcode BackupTarget.tellsDuplicates}. */
  readonly tellsDuplicates = true;
  readonly #datastore: Datastore;
  readonly #opened: OpenedSnapshot;
  readonly #folder: string;
  /** Sizes of the chunks that may be placed, plus {@linkcode TAKEN_OVER} for the unseen ones. */
  readonly #known = new DigestTable();
  readonly #writers = new Set<OpenWriter>();
  readonly #stats = { count: 0, size: 0, compressedSize: 0, duplicates: 0 };
  #state: "active" | "finishing" | "finished" | "aborted" = "active";
  #writerCount = 0;
  #fileCount = 0;
  readonly #uploaded = new UploadedFiles();
  /** Kept until `finish`: a snapshot with a manifest counts as finished. */
  #manifest: Uint8Array | undefined;

  /** @param opened The snapshot's folder exists, and its locks are held. */
  constructor(opened: OpenedSnapshot) {
    this.#datastore = opened.snapshot.datastore;
    this.#opened = opened;
    this.snapshot = opened.snapshot.name;
    this.#folder = opened.snapshot.folder;
  }

  /** See {@linkcode BackupTarget.previousTime}. */
  get previousTime(): number | undefined {
    return this.#opened.previous?.time;
  }

  /** Remarks from the snapshot's beginning; also part of the summary. */
  get warnings(): readonly string[] {
    return this.#opened.warnings;
  }

  /** Whether the snapshot is complete and will stay. */
  get isFinished(): boolean {
    return this.#state === "finished";
  }

  /** See {@linkcode BackupTarget.previousManifest}. */
  async previousManifest(): Promise<Uint8Array | undefined> {
    if (this.#opened.previous === undefined) return undefined;
    return await this.previousFile(MANIFEST_BLOB_NAME);
  }

  /** A file of the previous snapshot as it is stored; nothing becomes known. */
  async previousFile(name: string): Promise<Uint8Array> {
    checkArchiveFileName(name);
    const { previous } = this.#opened;
    if (previous === undefined) throw new NotFoundError("there is no previous snapshot");
    return await this.#datastore.files.read(previous.file(name));
  }

  /** See {@linkcode BackupTarget.previousIndex}. */
  async previousIndex(archiveName: string): Promise<Uint8Array> {
    this.#requireActive();
    const bytes = await this.previousFile(archiveName);
    const index = readIndex(bytes, archiveName);
    if (await this.#datastore.chunks.retain?.(index) === false) {
      throw new NotFoundError(
        `chunks of "${archiveName}" of the previous snapshot are being removed as garbage`,
      );
    }
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = index.digestAt(i);
      if (!this.#known.has(digest)) {
        this.#known.set(digest, TAKEN_OVER + index.endOf(i) - index.startOf(i));
      }
    }
    return bytes;
  }

  /**
   * Makes a chunk known that an earlier backup had stored and is known to have had the right to.
   *
   * @param size Length of the plain bytes.
   * @param encrypted Whether it was encrypted: then nobody has checked that its content belongs to
   *   the digest, and plain data that lies there by now is somebody else's.
   * @returns Whether the store still has it.
   */
  async recallChunk(digest: Uint8Array, size: number, encrypted: boolean): Promise<boolean> {
    this.#requireActive();
    const { chunks } = this.#datastore;
    // Touched, so that garbage collection leaves it alone.
    if (!await chunks.touch(digest) || encrypted && !await chunks.isEncrypted(digest)) return false;
    this.#known.set(digest, TAKEN_OVER + size);
    return true;
  }

  /** See {@linkcode BackupTarget.recallChunks}. */
  async recallChunks(chunks: ChunkList, encrypted: boolean): Promise<Uint8Array> {
    this.#requireActive();
    const found = await findSoundChunks(this.#datastore.chunks, chunks, encrypted);
    this.#requireActive();
    for (let i = 0; i < found.count; i++) {
      this.#known.set(found.digestAt(i), TAKEN_OVER + found.sizeAt(i));
    }
    return found.digests;
  }

  /** See {@linkcode BackupTarget.uploadBlob}. */
  async uploadBlob(name: string, blob: Uint8Array): Promise<void> {
    this.#requireActive();
    checkArchiveFileName(name);
    if (archiveKind(name) !== "blob") throw new UsageError(`"${name}" is not the name of a blob`);
    if (blob.byteLength > MAX_ENCODED_CHUNK_BYTES) {
      throw new UsageError(
        `blob "${name}" has ${blob.byteLength} bytes, at most ${MAX_ENCODED_CHUNK_BYTES} can be stored`,
      );
    }
    checkBlobCrc(blob, `blob "${name}"`);
    if (name === MANIFEST_BLOB_NAME) this.#manifest = blob.slice();
    else {
      const checksum = sha256(blob);
      await this.#datastore.files.replace(joinPath(this.#folder, name), blob);
      this.#uploaded.add(name, { size: blob.byteLength, checksum });
    }
    this.#stats.size += blob.byteLength;
    this.#fileCount++;
  }

  /**
   * See {@linkcode BackupTarget.createIndex}.
   *
   * @param reuseChecksum Takes the entries of the previous snapshot's index of that name over, which
   *   must have this checksum; only changed slots are appended then (spec: protocol.md §5.4).
   */
  async createIndex(
    kind: IndexKind,
    archiveName: string,
    size?: number,
    reuseChecksum?: Uint8Array,
  ): Promise<IndexWriter> {
    this.#requireActive();
    checkArchiveFileName(archiveName);
    if (archiveKind(archiveName) !== kind) {
      throw new UsageError(`"${archiveName}" is not the name of a ${kind} index`);
    }
    if (this.#writerCount >= MAX_INDEX_WRITERS) {
      throw new ConflictError(`a backup can write at most ${MAX_INDEX_WRITERS} indexes`);
    }
    this.#writerCount++;
    const previous = reuseChecksum && await this.#previousFixed(archiveName, size, reuseChecksum);
    this.#requireActive();
    const file = kind === "dynamic"
      ? new DynamicIndexFile(this.#datastore, this.#folder, archiveName)
      : new FixedIndexFile(this.#datastore, this.#folder, archiveName, size, previous);
    const writer: OpenWriter = { kind, file, closed: false, hasShortChunk: false };
    this.#writers.add(writer);
    return {
      putChunk: (chunk) => this.#putChunk(writer, chunk),
      append: (chunks) => this.#append(writer, chunks),
      close: (summary) => this.#close(writer, summary),
    };
  }

  async #previousFixed(
    name: string,
    size: number | undefined,
    checksum: Uint8Array,
  ): Promise<FixedIndex> {
    if (size === undefined) throw new UsageError(`index "${name}": its size must be given`);
    const previous = readIndex(await this.previousFile(name), name) as FixedIndex;
    checkReuse(previous, checksum);
    return previous;
  }

  async #putChunk(writer: OpenWriter, chunk: NewChunk): Promise<{ duplicate: boolean }> {
    this.#requireOpen(writer);
    checkChunkSizes(writer, chunk);
    if (writer.kind === "fixed" && chunk.size < FIXED_CHUNK_SIZE) writer.hasShortChunk = true;
    parseBlobHeader(chunk.blob, `chunk ${encodeHex(chunk.digest)}`);
    const blob = this.#opened.inspectChunk ? await this.#opened.inspectChunk(chunk) : chunk.blob;
    const { chunks } = this.#datastore;
    const { noCache } = this.#opened;
    const { duplicate, storedSize } = await chunks.insert(chunk.digest, blob, { noCache });
    this.#requireOpen(writer);
    const isTrusted = duplicate && !chunks.comparesDuplicates;
    this.#known.set(chunk.digest, chunk.size + (isTrusted ? TAKEN_OVER : 0));
    this.#stats.count++;
    this.#stats.size += chunk.size;
    this.#stats.compressedSize += storedSize;
    if (duplicate) this.#stats.duplicates++;
    return { duplicate };
  }

  async #append(writer: OpenWriter, chunks: readonly ChunkPlacement[]): Promise<void> {
    this.#requireOpen(writer);
    for (const { digest, offset } of chunks) {
      const known = this.#known.get(digest);
      // Only what this backup has brought or may see: digests are no permission to read a chunk.
      if (known === undefined) throw new NotFoundError(`no such chunk ${encodeHex(digest)}`);
      writer.file.add(offset, known % TAKEN_OVER, digest);
    }
    await writer.file.flush();
  }

  async #close(writer: OpenWriter, summary: IndexSummary): Promise<void> {
    this.#requireOpen(writer);
    writer.file.check(summary);
    writer.closed = true;
    // A closed writer that stays registered keeps the backup from being finished.
    if (!writer.file.hasChecksum(summary)) {
      throw new CorruptDataError(`index has another checksum than ${encodeHex(summary.checksum)}`);
    }
    await writer.file.finish();
    this.#writers.delete(writer);
    this.#uploaded.add(writer.file.name, writer.file.summary());
    this.#fileCount++;
  }

  /** See {@linkcode BackupTarget.finish}. */
  async finish(): Promise<BackupSummary> {
    this.#requireActive();
    if (this.#writers.size > 0) {
      throw new ConflictError("cannot finish backup: an index writer is still open");
    }
    if (this.#fileCount === 0) throw new ConflictError("cannot finish backup: it has no file");
    const { previous } = this.#opened;
    if (previous !== undefined && !previous.exists) {
      throw new ConflictError(
        `previous snapshot "${previous.path}" was removed during the backup, its chunks may be missing`,
      );
    }
    this.#state = "finishing";
    await this.#writeManifest();
    this.#state = "finished";
    this.#opened.locks.dispose();
    return { warnings: [...this.warnings, ...this.#datastore.takeNotes()] };
  }

  /** The snapshot becomes visible when everything else is on disk. */
  async #writeManifest(): Promise<void> {
    if (this.#manifest === undefined) {
      throw new ConflictError("cannot finish backup: no manifest was uploaded");
    }
    const { count, size, compressedSize, duplicates } = this.#stats;
    const uploaded = await decodeManifestBlob(this.#manifest, "uploaded manifest");
    this.#uploaded.check(uploaded, this.snapshot);
    const manifest = withChunkUploadStats(uploaded, { count, size, compressedSize, duplicates });
    const bad = await BadChunks.read(this.#datastore);
    const isTakenOver = (digest: Uint8Array) =>
      (this.#known.get(digest) ?? TAKEN_OVER) >= TAKEN_OVER;
    if (await bad.areIn(this.#folder, manifest, isTakenOver)) {
      throw new ConflictError(
        "cannot finish backup: a chunk that it takes over was found damaged meanwhile, a new run will store it again",
      );
    }
    const blob = await encodeManifestBlob(manifest);
    const path = joinPath(this.#folder, MANIFEST_BLOB_NAME);
    const { files, syncLevel } = this.#datastore;
    if (syncLevel === "filesystem") await this.#opened.writes.sync();
    if (syncLevel === "none") await files.replace(path, blob);
    else await files.replaceDurably(path, blob);
  }

  /** See {@linkcode BackupTarget.abort}. */
  async abort(): Promise<void> {
    if (this.#state === "finished" || this.#state === "aborted") return;
    this.#state = "aborted";
    const { snapshot, locks } = this.#opened;
    await runAll([
      ...[...this.#writers].map(({ file }) => () => file.discard()),
      () => removeSnapshotFolder(snapshot),
      () => removeGroupIfEmpty(snapshot.group),
      () => locks.dispose(),
    ]);
  }

  /** Aborts unless the backup was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  #requireActive(): void {
    if (this.#state === "active") return;
    const state = this.#state === "finishing" ? "being finished" : this.#state;
    throw new ConflictError(`backup of "${formatGroupPath(this.snapshot)}" is already ${state}`);
  }

  #requireOpen(writer: OpenWriter): void {
    this.#requireActive();
    if (writer.closed) throw new ConflictError("the index was closed already");
  }
}

/** Limits of spec protocol.md §5.1 and §5.5. */
function checkChunkSizes(writer: OpenWriter, chunk: NewChunk): void {
  const name = `chunk ${encodeHex(chunk.digest)}`;
  if (!(chunk.size >= 1 && chunk.size <= MAX_CHUNK_PLAIN_BYTES)) {
    throw new UsageError(`${name} has ${chunk.size} plain bytes, which no chunk has`);
  }
  const encoded = chunk.blob.byteLength;
  if (encoded <= PLAIN_HEADER_LENGTH || encoded > MAX_ENCODED_CHUNK_BYTES) {
    throw new UsageError(`${name} has ${encoded} encoded bytes, which no chunk has`);
  }
  if (writer.kind === "fixed" && chunk.size > FIXED_CHUNK_SIZE) {
    throw new UsageError(`${name} of ${chunk.size} bytes is too large for a fixed index`);
  }
  if (writer.kind === "fixed" && chunk.size < FIXED_CHUNK_SIZE && writer.hasShortChunk) {
    throw new ConflictError(`${name} is short, but the image had its short chunk already`);
  }
}
