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
import { ArchiveExtraction, type TreeTarget } from "./_archive_extraction.ts";
import { LinkedContent } from "./_linked_content.ts";
import { OutputFile } from "./_output_file.ts";
import type { RestoredTree, RestoreObserver } from "./restore_request.ts";
import { TarFeed } from "./_tar_feed.ts";

/** Contents of a tar file that is to be made. */
export interface TarSelection extends Pick<TreeTarget, "onSelected" | "onPrelude"> {
  /** Patterns of the wanted part; empty for everything. */
  readonly patterns: MatchList;
  readonly attributes: TarAttributes;
  readonly decoder: ChunkDecoder;
}

/**
 * Writes a file archive as tar to the standard output, front to back. Stretches of zeros that fill whole
 * chunks become holes. A file with damage in its content is left out, or filled up with zeros if some of
 * it was written already; such a tar file lacks its end, so that whoever reads it fails as well.
 */
export async function restoreTar(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  selection: TarSelection,
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
  const sink = new TarSink({
    attributes: selection.attributes,
    zerosWithin: (start, end) => zeroChunks.within(start, end),
    warn: (message) => observer.log("warn", message),
  });
  using output = OutputFile.create("-");
  using feed = new TarFeed(sink, output);
  const extraction = new ArchiveExtraction({
    archive: archiveFile.filename,
    archiveChunks,
    payloadChunks,
    linkedContent: new LinkedContent(snapshot, archive),
    feed,
    target: { ...selection, extractor: sink, onFile: (entry) => sink.locate(entry) },
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
    sink.made.errors = count;
    observer.treeMade?.(sink.made);
    if (failure !== undefined) throw failure;
    output.finish();
    return sink.made;
  } catch (error) {
    // If not even this can be written, what failed first is what counts.
    await output.write(tarBrokenEnd()).catch(() => {});
    throw error;
  } finally {
    extraction.release();
  }
}
