import type { ExtractReport, TreeExtractor } from "../fs/mod.ts";
import { ArchiveExtraction, type ExtractionParts } from "./_archive_extraction.ts";
import { ExtractionFeed } from "./_extraction_feed.ts";
import { NothingSelectedError } from "./_nothing_selected_error.ts";
import type { RestoredTree } from "./restore_request.ts";

/** Result of the extraction of a tree. */
export interface TreeOutcome {
  readonly report: ExtractReport;
  /** Counters of what was made, lost files among the errors. */
  readonly made: RestoredTree;
  /** Why the tree is not complete, if it is for another reason than extraction errors. */
  readonly failure: unknown;
  /** Path in the archive of what was read last. */
  readonly lastPath: Uint8Array;
}

/**
 * Reads an archive front to back and makes its tree (spec: client-pipeline.md §4.3). Contents go from
 * the chunk to the file without passing through here.
 *
 * A damaged or missing chunk costs what lies in it: the goodbye tables tell where the archive goes on.
 * Where they are damaged too, what lies before is restored, with the metadata of the directories that
 * were entered.
 *
 * @param parts What it works with; the extractor and the linked content are ended.
 */
export async function extractTree(
  parts: Omit<ExtractionParts<TreeExtractor>, "feed">,
): Promise<TreeOutcome> {
  const { target, observer, signal } = parts;
  const feed = new ExtractionFeed(target.extractor);
  const restore = new ArchiveExtraction({ ...parts, feed });
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
      const made = madeOf(target.extractor, restore.losses.count);
      return { report, made, failure, lastPath: restore.lastPath };
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
