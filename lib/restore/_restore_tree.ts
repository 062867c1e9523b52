import type { ChunkDecoder } from "../chunking/mod.ts";
import type { ExtractReport, ExtractSink, TreeExtractor } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { PayloadDecoder, PxarDecoder, type PxarEntry } from "../pxar/mod.ts";
import { ChunkPrefetcher, type PlacedChunk } from "./_chunk_prefetcher.ts";
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

/**
 * Reads an archive front to back and makes its tree (spec: client-pipeline.md §4.3). Contents go from
 * the decoded chunk to the file without passing through here.
 *
 * @throws {CorruptDataError} if the archive is damaged; what lies before the damage is restored.
 */
export async function restoreTree(
  snapshot: VerifiedSnapshot,
  archive: ManifestArchive,
  decoder: ChunkDecoder,
  target: TreeTarget,
  observer: RestoreObserver,
  signal: AbortSignal,
): Promise<ExtractReport> {
  const open = async (file: ManifestFile) => {
    const index = await snapshot.readIndex(file);
    observer.progress.bytesTotal += index.size;
    return new ChunkPrefetcher(snapshot.source, index, decoder, file.cryptMode === "encrypt");
  };
  using archiveChunks = await open(archive.form === "single" ? archive.file : archive.metadata);
  using payloadChunks = archive.form === "split" ? await open(archive.payload) : undefined;
  const feed = new ExtractionFeed(target.extractor);
  const restore = new TreeRestore(archiveChunks, payloadChunks, feed, target, observer, signal);
  try {
    await restore.run();
    await feed.submit();
    return await target.extractor.finish();
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
  #depth = 0;

  constructor(
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
          if (--this.#depth > 0) sink.leaveDirectory();
          break;
        case "finished":
          await this.feed.endChunk();
          return;
      }
    }
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
        if (this.#depth++ === 0) sink.root(metadata!);
        else sink.enterDirectory(entry.name, metadata!);
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
    payload.request(entry.payloadOffset, entry.size);
    for (;;) {
      switch (payload.next()) {
        case "data":
          this.target.sink.data(payload.dataStart, payload.dataLength);
          this.#fileBytes(payload.dataLength);
          break;
        case "need-input":
          await this.#nextPayloadChunk();
          break;
        case "done":
          this.#endFile();
          return;
      }
    }
  }

  async #nextArchiveChunk(): Promise<void> {
    this.signal.throwIfAborted();
    if (this.payloadChunks === undefined) {
      await this.feed.endChunk();
      const placed = await this.#fetch(this.archiveChunks);
      if (placed === undefined) {
        this.#decoder.end();
        return;
      }
      this.feed.use(placed);
      this.#decoder.feed(placed.chunk.bytes);
      return;
    }
    this.releaseMetadata();
    this.#metadataChunk = await this.#fetch(this.archiveChunks);
    if (this.#metadataChunk === undefined) this.#decoder.end();
    else this.#decoder.feed(this.#metadataChunk.chunk.bytes);
  }

  async #nextPayloadChunk(): Promise<void> {
    this.signal.throwIfAborted();
    await this.feed.endChunk();
    // Chunks that hold only padding, or files nobody wants, are never fetched.
    this.payloadChunks!.skipTo(this.#payload.wantedPosition);
    const placed = await this.#fetch(this.payloadChunks!);
    if (placed === undefined) {
      this.#payload.end();
      return;
    }
    this.feed.use(placed);
    this.#payload.feed(placed.chunk.bytes, placed.offset);
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
