import type { ExtractReport, TreeStream } from "../fs/mod.ts";
import { ArchiveExtraction } from "./_archive_extraction.ts";
import type { ExtractionParts, InPlaceMeans } from "./_extraction_parts.ts";
import type { RestoringExtractor } from "./_dry_extractor.ts";
import { ExistingTree } from "./_existing_tree.ts";
import { type InPlaceParts, InPlaceTarget } from "./_in_place_target.ts";
import { joinNames } from "./_join_names.ts";
import { ExtractionFeed } from "./_extraction_feed.ts";
import { NothingSelectedError } from "./_nothing_selected_error.ts";
import type { InPlaceRequest, RestoredTree } from "./restore_request.ts";

/** How a target is made equal to an archive. */
export interface InPlaceSettings extends InPlaceRequest {
  /** Raw bytes of the target's path. */
  readonly path: Uint8Array;
  readonly ignored: InPlaceParts["ignored"];
  /** Walk of the target; undefined if it does not exist. */
  readonly existing: TreeStream | undefined;
  /** Finds the content of a file. */
  readonly contentOf: InPlaceMeans["contentOf"];
  /** Tells, if anybody can, of a directory of which the backup has left something out. */
  readonly isLeftOutOf?: (path: Uint8Array) => Promise<boolean>;
}

/** Early end of the extraction of a damaged archive. */
export interface EarlyEnd {
  /** Whether the entry that was read last is lost as well. */
  readonly isLastLost: boolean;
}

/** Result of the extraction of a tree. */
export interface TreeOutcome {
  readonly report: ExtractReport;
  /** Counters of what was made, lost files among the errors. */
  readonly made: RestoredTree;
  /** Why the tree is not complete, if it is for another reason than extraction errors. */
  readonly failure: unknown;
  /** Present if it ended before the end of the archive, so that more is lost than was named. */
  readonly endedEarly: EarlyEnd | undefined;
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
 * @param inPlace Present if the target is to be made equal to the archive.
 */
export async function extractTree(
  parts: Omit<ExtractionParts<RestoringExtractor>, "feed" | "inPlace">,
  inPlace?: InPlaceSettings,
): Promise<TreeOutcome> {
  const { target, observer, signal } = parts;
  const feed = new ExtractionFeed(target.extractor);
  const restore = new ArchiveExtraction({
    ...parts,
    feed,
    ...(inPlace === undefined ? {} : { inPlace: meansOf(inPlace, parts, feed) }),
  });
  try {
    let failure: unknown;
    let endedEarly: EarlyEnd | undefined;
    try {
      await restore.run();
      failure = restore.losses.failure;
    } catch (error) {
      if (signal.aborted || error instanceof NothingSelectedError) throw error;
      failure = restore.failureOf(error);
      endedEarly = { isLastLost: restore.dropFile() };
    }
    try {
      await feed.submit();
      const report = await target.extractor.finish();
      const made = madeOf(target.extractor, restore, inPlace);
      return { report, made, failure, endedEarly, lastPath: restore.lastPath };
    } catch (error) {
      throw failure ?? error;
    } finally {
      if (!signal.aborted) observer.treeMade?.(madeOf(target.extractor, restore, inPlace));
    }
  } finally {
    await target.extractor.abort();
    feed.releaseAll();
    restore.release();
  }
}

function meansOf(
  settings: InPlaceSettings,
  { target, observer }: Omit<ExtractionParts<RestoringExtractor>, "feed" | "inPlace">,
  feed: ExtractionFeed,
): InPlaceMeans {
  const { existing, path, contentOf, verifyContents } = settings;
  return {
    contentOf,
    isSparse: !verifyContents,
    compare: (isSelected) =>
      new InPlaceTarget(
        {
          ...settings,
          extractor: target.extractor,
          isSelected,
          entriesOf: (below) => entriesOf(joinNames([path, below])),
          chunkBytes: () => feed.chunkBytes,
          rest: () => feed.full ? feed.submit() : undefined,
          change: (change) => observer.treeChange?.(change),
          note: (level, message) => observer.log(level, message),
        },
        (listener) => existing && new ExistingTree(existing, listener),
      ),
  };
}

/** The number of entries of a directory; 0 where the runtime cannot name it. */
function entriesOf(path: Uint8Array): number {
  try {
    return [...Deno.readDirSync(new TextDecoder("utf-8", { fatal: true }).decode(path))].length;
  } catch {
    return 0;
  }
}

function madeOf(
  { made }: RestoringExtractor,
  { losses, inPlace }: ArchiveExtraction,
  settings: InPlaceSettings | undefined,
): RestoredTree {
  const { bytes, errorCount, ...entries } = made;
  const counts = inPlace === undefined || settings === undefined
    ? {}
    : { inPlace: { ...inPlace.counts, isDryRun: settings.dryRun } };
  const errors = errorCount + losses.count + (inPlace?.errors ?? 0);
  return { ...entries, fileBytes: bytes, ...counts, errors };
}
