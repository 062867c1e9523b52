import type { ChunkDecoder } from "../chunking/mod.ts";
import type { ExtractReport, ExtractSink, TreeExtractor } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { quotePath } from "../fs/mod.ts";
import { PayloadDecoder, PxarDecoder, type PxarEntry } from "../pxar/mod.ts";
import { ChunkPrefetcher, type PlacedChunk } from "./_chunk_prefetcher.ts";
import { DamagedChunkError } from "./_damaged_chunk_error.ts";
import { ExtractionFeed } from "./_extraction_feed.ts";
import type { VerifiedSnapshot } from "./_verified_snapshot.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Where a tree goes: the extractor itself, or a selection in front of it. */
export interface TreeTarget {
  readonly extractor: TreeExtractor;
  readonly sink: ExtractSink;
  /** Given the prelude of a split archive, if it has one. */
  onPrelude(prelude: Uint8Array | undefined): Promise<void>;
}

/** What became of a tree. */
export interface TreeOutcome {
  readonly report: ExtractReport;
  /** Why the tree is not complete, if it is for another reason than extraction errors. */
  readonly failure: unknown;
}

/**
 * Reads an archive front to back and makes its tree (spec: client-pipeline.md §4.3). Contents go from
 * the decoded chunk to the file without passing through here.
 *
 * Damage ends it where entries are lost; what lies before is restored, with the metadata of the
 * directories that were entered. A damaged chunk within the content of a file costs this file only.
 */
export async function restoreTree(
  snapshot: VerifiedSnapshot,
  archive: ManifestArchive,
  decoder: ChunkDecoder,
  target: TreeTarget,
  observer: RestoreObserver,
  signal: AbortSignal,
): Promise<TreeOutcome> {
  const open = async (file: ManifestFile) => {
    const index = await snapshot.readIndex(file);
    observer.progress.bytesTotal += index.size;
    return new ChunkPrefetcher(snapshot.source, index, decoder, file.cryptMode === "encrypt");
  };
  const archiveFile = archive.form === "single" ? archive.file : archive.metadata;
  using archiveChunks = await open(archiveFile);
  using payloadChunks = archive.form === "split" ? await open(archive.payload) : undefined;
  const feed = new ExtractionFeed(target.extractor);
  const restore = new TreeRestore(
    archiveFile.filename,
    archiveChunks,
    payloadChunks,
    feed,
    target,
    observer,
    signal,
  );
  try {
    let failure: unknown;
    try {
      await restore.run();
      failure = restore.loss;
    } catch (error) {
      if (signal.aborted) throw error;
      failure = restore.failureOf(error);
      restore.dropFile();
    }
    try {
      await feed.submit();
      return { report: await target.extractor.finish(), failure };
    } catch (error) {
      throw failure ?? error;
    }
  } finally {
    await target.extractor.abort();
    feed.releaseAll();
    restore.releaseMetadata();
  }
}

class TreeRestore {
  readonly #decoder = new PxarDecoder();
  readonly #payload = new PayloadDecoder();
  /** The metadata chunk at hand, for split archives; contents never lie in it. */
  #metadataChunk: PlacedChunk | undefined;
  /** Names of the directories that are open, that of the root being empty. */
  readonly #path: Uint8Array[] = [];
  /** The last damage in the payload stream. */
  #payloadDamage: DamagedChunkError | undefined;
  #firstLoss: DamagedChunkError | undefined;
  #lostFiles = 0;

  constructor(
    private readonly archive: string,
    private readonly archiveChunks: ChunkPrefetcher,
    private readonly payloadChunks: ChunkPrefetcher | undefined,
    private readonly feed: ExtractionFeed,
    private readonly target: TreeTarget,
    private readonly observer: RestoreObserver,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<void> {
    const decoder = this.#decoder;
    const sink = this.target.sink;
    let first = true;
    for (;;) {
      switch (decoder.next()) {
        case "need-input":
          await this.#nextArchiveChunk();
          break;
        case "entry":
          if (first) {
            first = false;
            await this.target.onPrelude(decoder.prelude);
          }
          if (this.#entry(decoder.entry)) await this.#splitContent(decoder.entry);
          if (this.feed.full) await this.feed.submit();
          break;
        case "data":
          sink.data(decoder.dataStart, decoder.dataLength);
          this.#fileBytes(decoder.dataLength);
          break;
        case "leave":
          this.#endFile();
          this.#path.pop();
          if (this.#path.length > 0) sink.leaveDirectory();
          break;
        case "finished":
          await this.feed.endChunk();
          return;
      }
    }
  }

  /** Nothing of a file that is not complete stays. */
  dropFile(): void {
    if (this.#fileLeft < 0) return;
    this.#fileLeft = -1;
    this.target.sink.dropFile();
  }

  /** The failure that lost files are, if there are any. */
  get loss(): CorruptDataError | undefined {
    const first = this.#firstLoss;
    if (first === undefined) return undefined;
    const files = this.#lostFiles === 1 ? "1 file" : `${this.#lostFiles} files`;
    return new CorruptDataError(`${files} could not be restored - ${first.message}`, {
      cause: first,
    });
  }

  /** Names the archive, where an error of its decoder cannot. */
  failureOf(error: unknown): unknown {
    if (!(error instanceof CorruptDataError) || error instanceof DamagedChunkError) return error;
    return new CorruptDataError(`${this.archive}: ${error.message}`, { cause: error });
  }

  releaseMetadata(): void {
    this.#metadataChunk?.release();
    this.#metadataChunk = undefined;
  }

  /** Bytes that the file at hand still lacks; -1 if there is no file at hand. */
  #fileLeft = -1;

  /** @returns Whether the content has to come from the payload stream. */
  #entry(entry: PxarEntry): boolean {
    this.#endFile();
    const sink = this.target.sink;
    const metadata = entry.metadata;
    switch (entry.kind) {
      case "hardlink":
        sink.hardlink(entry.name, entry.target!);
        return false;
      case "directory":
        if (this.#path.length === 0) sink.root(metadata!);
        else sink.enterDirectory(entry.name, metadata!);
        this.#path.push(entry.name);
        return false;
      case "symlink":
        sink.symlink(entry.name, metadata!, entry.target!);
        return false;
      case "device":
        sink.device(entry.name, metadata!, entry.major, entry.minor);
        return false;
      case "fifo":
        sink.fifo(entry.name, metadata!);
        return false;
      case "socket":
        sink.socket(entry.name, metadata!);
        return false;
      case "file": {
        this.observer.progress.files++;
        const wanted = sink.beginFile(entry.name, metadata!, entry.size);
        this.#fileLeft = entry.size;
        if (wanted && entry.payloadOffset >= 0) return true;
        if (!wanted) {
          this.#decoder.skipContent();
          this.#fileLeft = 0;
        }
        if (this.#fileLeft === 0) this.#endFile();
        return false;
      }
    }
  }

  #fileBytes(length: number): void {
    this.#fileLeft -= length;
    if (this.#fileLeft === 0) this.#endFile();
  }

  #endFile(): void {
    if (this.#fileLeft < 0) return;
    this.#fileLeft = -1;
    this.target.sink.endFile();
  }

  async #splitContent(entry: PxarEntry): Promise<void> {
    const payload = this.#payload;
    const damage = this.#payloadDamage;
    if (
      damage !== undefined && entry.payloadOffset >= damage.start &&
      entry.payloadOffset < damage.end
    ) {
      this.#lose(damage);
      return;
    }
    payload.request(entry.payloadOffset, entry.size);
    for (;;) {
      switch (payload.next()) {
        case "data":
          this.target.sink.data(payload.dataStart, payload.dataLength);
          this.#fileBytes(payload.dataLength);
          break;
        case "need-input":
          if (!await this.#nextPayloadChunk()) return;
          break;
        case "done":
          this.#endFile();
          return;
      }
    }
  }

  async #nextArchiveChunk(): Promise<void> {
    this.signal.throwIfAborted();
    const isSplit = this.payloadChunks !== undefined;
    if (isSplit) this.releaseMetadata();
    else await this.feed.endChunk();
    const placed = await this.#fetchArchiveChunk();
    if (placed === undefined) {
      this.#decoder.end();
      return;
    }
    if (isSplit) this.#metadataChunk = placed;
    else this.feed.use(placed);
    this.#decoder.feed(placed.chunk.bytes);
  }

  async #fetchArchiveChunk(): Promise<PlacedChunk | undefined> {
    const decoder = this.#decoder;
    const chunks = this.archiveChunks;
    for (;;) {
      if (this.#fileLeft < 0 && decoder.contentLeft > 0) {
        // Chunks that hold only what nobody wants are never fetched.
        chunks.skipTo(decoder.position + decoder.contentLeft);
        decoder.skipInput(chunks.position - decoder.position);
      }
      try {
        return await this.#fetch(chunks);
      } catch (error) {
        if (!(error instanceof DamagedChunkError)) throw error;
        const length = error.end - error.start;
        if (length > decoder.contentLeft) throw error;
        decoder.skipInput(length);
        decoder.skipContent();
        this.#lose(error);
      }
    }
  }

  /** @returns false if the file at hand is lost. */
  async #nextPayloadChunk(): Promise<boolean> {
    this.signal.throwIfAborted();
    await this.feed.endChunk();
    // Chunks that hold only padding, or files nobody wants, are never fetched.
    this.payloadChunks!.skipTo(this.#payload.wantedPosition);
    let placed: PlacedChunk | undefined;
    try {
      placed = await this.#fetch(this.payloadChunks!);
    } catch (error) {
      if (!(error instanceof DamagedChunkError)) throw error;
      this.#payloadDamage = error;
      this.#payload.abandonTo(error.end);
      this.#lose(error);
      return false;
    }
    if (placed === undefined) {
      this.#payload.end();
      return true;
    }
    this.feed.use(placed);
    this.#payload.feed(placed.chunk.bytes, placed.offset);
    return true;
  }

  /** Gives up the file at hand, which needs a damaged chunk; an empty one needs none. */
  #lose(damage: DamagedChunkError): void {
    if (this.#fileLeft === 0) {
      this.#endFile();
      return;
    }
    const names = [...this.#path, this.#decoder.entry.name];
    const path = quotePath(joinNames(names));
    this.observer.log("error", `cannot restore ${path}: ${damage.message}`);
    this.#firstLoss ??= damage;
    this.#lostFiles++;
    this.dropFile();
  }

  async #fetch(chunks: ChunkPrefetcher): Promise<PlacedChunk | undefined> {
    const placed = await chunks.next();
    if (placed !== undefined) {
      this.observer.progress.bytesDone = Math.max(
        this.observer.progress.bytesDone,
        this.archiveChunks.position + (this.payloadChunks?.position ?? 0),
      );
    }
    return placed;
  }
}

function joinNames(names: readonly Uint8Array[]): Uint8Array {
  const path = new Uint8Array(names.reduce((sum, { length }) => sum + length + 1, 0) - 1);
  let at = 0;
  for (const name of names) {
    path.set(name, at);
    at += name.length;
    if (at < path.length) path[at++] = 0x2f;
  }
  return path;
}
