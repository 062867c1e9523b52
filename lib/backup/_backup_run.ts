import type { ChunkPipeline, ChunkStream } from "../chunking/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import type { BackupTarget, CryptMode, IndexKind, IndexWriter } from "../repository/mod.ts";
import type { ArchiveRecord } from "../reuse/mod.ts";
import {
  type FinishedChunkSource,
  uploadChunks,
  type UploadCounters,
  UploadLedger,
} from "./_chunk_uploader.ts";
import type { PreviousSnapshot } from "./_previous_snapshot.ts";
import type { ArchiveReport, BackupObserver, BackupRequest } from "./backup_request.ts";

/** State that the archives of one run share. */
export class BackupRun {
  readonly files: ManifestFile[] = [];
  readonly reports: ArchiveReport[] = [];
  /** Records for the next run's change detection, by the archives' names. */
  readonly archiveRecords = new Map<string, ArchiveRecord>();
  /** Contents of the blobs among the files, by name, where they are compared with the last ones. */
  readonly blobContents = new Map<string, Uint8Array>();
  /** Time from which on changes may be missing, milliseconds since the epoch. */
  readonly startedMs: number;
  readonly #ledger = new UploadLedger();
  readonly #streams = new Set<ChunkStream>();
  readonly #failed = new AbortController();
  #failure: { readonly cause: unknown } | undefined;

  constructor(
    readonly request: BackupRequest,
    readonly observer: BackupObserver,
    readonly target: BackupTarget,
    readonly pipeline: ChunkPipeline,
    readonly previous: PreviousSnapshot,
  ) {
    this.startedMs = request.pictures?.takenAtMs ?? Date.now();
  }

  /** Crypt mode that the manifest has for every file of this run. */
  get cryptMode(): CryptMode {
    return this.request.crypt?.mode ?? "none";
  }

  /** Aborted when there is nothing to wait for any more: the run was interrupted, or has failed. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.request.signal, this.#failed.signal]);
  }

  /** Opens a stream of the pipeline that is aborted if the run fails. */
  openStream(options: Parameters<ChunkPipeline["openStream"]>[0]): ChunkStream {
    const stream = this.pipeline.openStream(options);
    this.#streams.add(stream);
    // Another archive may have failed while this one was being opened.
    if (this.signal.aborted) stream.abort();
    return stream;
  }

  /**
   * Carries a stream into an index of the snapshot until the stream ends.
   *
   * @param serverName Name of the index, with its suffix.
   * @param options `size`: bytes, for an image whose length is known; `turn`: when it may be noted for
   *   manifest and report.
   */
  async store(
    stream: ChunkStream,
    serverName: string,
    kind: IndexKind,
    options: { readonly size?: number | undefined; readonly turn?: Promise<void> } = {},
  ): Promise<void> {
    const started = performance.now();
    try {
      const writer = await this.target.createIndex(kind, serverName, options.size);
      const { checksum, ...counters } = await this.upload(stream, writer, kind);
      const seconds = (performance.now() - started) / 1000;
      await options.turn;
      this.finishIndex(serverName, checksum, counters, seconds);
    } catch (error) {
      // Nobody takes its chunks any more: a writer would wait for ever.
      stream.abort();
      throw error;
    } finally {
      this.#streams.delete(stream);
    }
  }

  /**
   * Carries chunks into an index, and closes it.
   *
   * @param options `isCounted` is false if the chunks were counted before.
   */
  upload(
    source: FinishedChunkSource,
    writer: IndexWriter,
    kind: IndexKind,
    options: { readonly isCounted: boolean } = { isCounted: true },
  ): Promise<UploadCounters & { checksum: Uint8Array }> {
    const progress = this.observer.progress;
    return uploadChunks(source, writer, {
      kind,
      ledger: this.#ledger,
      onChunk: (chunk) => {
        if (!options.isCounted) return;
        progress.chunks++;
        progress.bytesRead += chunk.size;
        if (chunk.known) progress.bytesReused += chunk.size;
        else {
          progress.bytesNew += chunk.size;
          progress.bytesStored += chunk.blob?.byteLength ?? 0;
        }
      },
      listener: {
        sending: ({ digest, size, blob }) => this.request.sent?.add(digest, size, blob.length),
        stored: ({ size }) => void (progress.bytesUploaded += size),
      },
    });
  }

  /**
   * Notes an index that is complete for manifest and report.
   *
   * @param seconds How long it took.
   */
  finishIndex(
    serverName: string,
    checksum: Uint8Array,
    counters: UploadCounters,
    seconds: number,
  ): void {
    this.add({ filename: serverName, size: counters.sizeBytes, checksum }, {
      name: serverName,
      ...counters,
      addedBytes: this.target.tellsDuplicates ? counters.addedBytes : undefined,
      seconds,
    });
  }

  /** Notes a file for the manifest. All files of a run have its crypt mode (datastore-formats.md §4.7). */
  addFile(file: Omit<ManifestFile, "cryptMode">): void {
    this.files.push({ ...file, cryptMode: this.cryptMode });
  }

  /** Notes a finished file for manifest and report. */
  add(file: Omit<ManifestFile, "cryptMode">, report: ArchiveReport): void {
    this.addFile(file);
    this.reports.push(report);
    this.observer.archiveFinished?.(report);
  }

  /** Stops all streams, so that everything that waits for one fails. */
  abort(): void {
    for (const stream of this.#streams) stream.abort();
    this.#streams.clear();
  }

  /** Notes why the run fails, unless an earlier cause is known, and stops all streams. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.abort();
    this.#failed.abort(cause);
  }

  /** The first failure of the run; what was thrown later may only follow from it. */
  rootCause(thrown: unknown): unknown {
    return this.#failure === undefined ? thrown : this.#failure.cause;
  }

  /** Waits until all tasks have ended; the first failure stops the others and is thrown. */
  async together(tasks: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(tasks.map((task) => task.catch((error: unknown) => this.fail(error))));
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
