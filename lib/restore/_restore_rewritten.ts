import type { ChunkDecoder } from "../chunking/mod.ts";
import type { MatchList } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import {
  type CheckedSnapshot,
  ChunkPrefetcher,
  METADATA_WINDOW_BYTES,
  ZeroChunks,
} from "../reading/mod.ts";
import { type TarAttributes, tarBrokenEnd, TarSink } from "../tar/mod.ts";
import { ArchiveExtraction } from "./_archive_extraction.ts";
import type { TreeTarget } from "./_extraction_parts.ts";
import { LinkedContent } from "./_linked_content.ts";
import { OutputFeed } from "./_output_feed.ts";
import { OutputFile } from "./_output_file.ts";
import { PxarSink } from "./_pxar_sink.ts";
import type { StreamSink } from "./_stream_sink.ts";
import type { RestoredTree, RestoreObserver } from "./restore_request.ts";

/** Form and part in which an archive is written anew. */
export interface RewrittenArchive extends Pick<TreeTarget, "onSelected" | "onPrelude"> {
  /** Patterns of the wanted part; empty for everything. */
  readonly patterns: MatchList;
  readonly format: "pxar" | "tar";
  /** Attributes that a tar file has; an archive has them all. */
  readonly attributes: TarAttributes;
  readonly decoder: ChunkDecoder;
}

/**
 * Writes a file archive, or a part of it, as tar or as plain archive (version 1) to the standard output,
 * front to back. In a tar file, stretches of zeros that fill whole chunks become holes. A file with damage
 * in its content is left out, or filled up with zeros if some of it was written already; such a stream
 * lacks its end, so that whoever reads it fails as well.
 */
export async function restoreRewritten(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  selection: RewrittenArchive,
  observer: RestoreObserver,
  signal: AbortSignal,
): Promise<RestoredTree> {
  const indexOf = async (file: ManifestFile) => {
    const index = await snapshot.readIndex(file);
    observer.progress.bytesTotal += index.size;
    return { index, isEncrypted: file.cryptMode === "encrypt" };
  };
  type Opened = Awaited<ReturnType<typeof indexOf>>;
  const chunksOf = ({ index, isEncrypted }: Opened, windowBytes?: number) =>
    new ChunkPrefetcher(snapshot.source, index, selection.decoder, isEncrypted, windowBytes);
  const isSplit = archive.form === "split";
  const archiveFile = isSplit ? archive.metadata : archive.file;
  const opened = await indexOf(archiveFile);
  const payload = isSplit ? await indexOf(archive.payload) : undefined;
  using archiveChunks = chunksOf(opened, isSplit ? METADATA_WINDOW_BYTES : undefined);
  using payloadChunks = payload && chunksOf(payload);
  const contents = payload ?? opened;
  const idKey = contents.isEncrypted ? snapshot.crypt?.idKey : undefined;
  const zeroChunks = new ZeroChunks(contents.index, idKey);
  const isTar = selection.format === "tar";
  const sink: StreamSink = isTar
    ? new TarSink({
      attributes: selection.attributes,
      zerosWithin: (start, end) => zeroChunks.within(start, end),
      warn: (message) => observer.log("warn", message),
    })
    : new PxarSink((message) => observer.log("error", message));
  using output = OutputFile.create("-");
  using feed = new OutputFeed(sink, output);
  const extraction = new ArchiveExtraction({
    archive: archiveFile.filename,
    archiveChunks,
    payloadChunks,
    linkedContent: new LinkedContent(snapshot, archive),
    feed,
    target: {
      ...selection,
      extractor: sink,
      onEntry: (entry) => {
        if (!isTar || entry.kind === "file") sink.locate(entry);
      },
    },
    observer,
    signal,
  });
  try {
    await extraction.run().catch((error) => {
      throw extraction.failureOf(error);
    });
    const { failure, count } = extraction.losses;
    if (failure === undefined) sink.finish();
    await feed.submit();
    sink.made.errors += count;
    observer.treeMade?.(sink.made);
    if (failure !== undefined) throw failure;
    output.finish();
    return sink.made;
  } catch (error) {
    // If not even this can be written, what failed first is what counts. An archive lacks the end of its
    // root, whatever comes last.
    if (isTar) await output.write(tarBrokenEnd()).catch(() => {});
    throw error;
  } finally {
    extraction.release();
  }
}
