import type { ChunkDecoder } from "../chunking/mod.ts";
import type { ExtractReport, TreeExtractor } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { type CheckedSnapshot, ChunkPrefetcher, METADATA_WINDOW_BYTES } from "../reading/mod.ts";
import { ArchiveExtraction, type TreeTarget } from "./_archive_extraction.ts";
import { ExtractionFeed } from "./_extraction_feed.ts";
import { LinkedContent } from "./_linked_content.ts";
import { NothingSelectedError } from "./_nothing_selected_error.ts";
import type { RestoredTree, RestoreObserver } from "./restore_request.ts";

/** What became of a tree. */
export interface TreeOutcome {
  readonly report: ExtractReport;
  /** What was made, lost files among its errors. */
  readonly made: RestoredTree;
  /** Why the tree is not complete, if it is for another reason than extraction errors. */
  readonly failure: unknown;
}

/**
 * Reads an archive front to back and makes its tree (spec: client-pipeline.md §4.3). Contents go from
 * the decoded chunk to the file without passing through here.
 *
 * A damaged or missing chunk costs what lies in it: the goodbye tables tell where the archive goes on.
 * Where they are damaged too, what lies before is restored, with the metadata of the directories that
 * were entered.
 */
export async function restoreTree(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  decoder: ChunkDecoder,
  target: TreeTarget,
  observer: RestoreObserver,
  signal: AbortSignal,
): Promise<TreeOutcome> {
  const open = async (file: ManifestFile, windowBytes?: number) => {
    const index = await snapshot.readIndex(file);
    observer.progress.bytesTotal += index.size;
    const encrypted = file.cryptMode === "encrypt";
    return new ChunkPrefetcher(snapshot.source, index, decoder, encrypted, windowBytes);
  };
  const isSplit = archive.form === "split";
  const archiveFile = isSplit ? archive.metadata : archive.file;
  using archiveChunks = await open(archiveFile, isSplit ? METADATA_WINDOW_BYTES : undefined);
  using payloadChunks = isSplit ? await open(archive.payload) : undefined;
  const feed = new ExtractionFeed(target.extractor);
  const restore = new ArchiveExtraction({
    archive: archiveFile.filename,
    archiveChunks,
    payloadChunks,
    linkedContent: new LinkedContent(snapshot, archive),
    feed,
    target,
    observer,
    signal,
  });
  try {
    let failure: unknown;
    try {
      await restore.run();
      failure = restore.losses.failure;
    } catch (error) {
      if (signal.aborted || error instanceof NothingSelectedError) throw error;
      failure = restore.failureOf(error);
      restore.dropFile();
    }
    try {
      await feed.submit();
      const report = await target.extractor.finish();
      return { report, made: madeOf(target.extractor, restore.losses.count), failure };
    } catch (error) {
      throw failure ?? error;
    } finally {
      if (!signal.aborted) observer.treeMade?.(madeOf(target.extractor, restore.losses.count));
    }
  } finally {
    await target.extractor.abort();
    feed.releaseAll();
    restore.release();
  }
}

function madeOf({ made }: TreeExtractor, lostFiles: number): RestoredTree {
  const { bytes, errorCount, ...entries } = made;
  return { ...entries, fileBytes: bytes, errors: errorCount + lostFiles };
}
