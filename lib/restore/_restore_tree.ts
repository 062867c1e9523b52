import type { ChunkDecoder } from "../chunking/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import { statPath } from "../../ffi/posix_files.ts";
import { TreeStream } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { type CheckedSnapshot, ChunkPrefetcher, METADATA_WINDOW_BYTES } from "../reading/mod.ts";
import type { TreeTarget } from "./_extraction_parts.ts";
import type { RestoringExtractor } from "./_dry_extractor.ts";
import { extractTree, type InPlaceSettings, type TreeOutcome } from "./extract_tree.ts";
import { LinkedContent } from "./_linked_content.ts";
import { UsageError } from "../errors/mod.ts";
import { LeftOutPlaces } from "./_left_out_places.ts";
import { type RecordedExcludes, recordedExcludes } from "./_recorded_excludes.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Tools of a restored tree, and the place for it. */
export interface TreeRestore {
  readonly decoder: ChunkDecoder;
  readonly target: TreeTarget<RestoringExtractor>;
  /** Present if the target is to be made equal to the archive. */
  readonly inPlace?: Omit<InPlaceSettings, "existing" | "contentOf" | "isLeftOutOf">;
  readonly observer: RestoreObserver;
  readonly signal: AbortSignal;
}

/** Makes the tree of an archive in a snapshot; see {@linkcode extractTree}. */
export async function restoreTree(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  { decoder, target, inPlace, observer, signal }: TreeRestore,
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
  const linkedContent = new LinkedContent(snapshot, archive);
  const isThere = inPlace && statPath(new Uint8Array(inPlace.path)) !== -Errno.ENOENT;
  const excludes = isThere && inPlace.deleteExtras
    ? await excludesFor(archiveFile.filename, linkedContent)
    : undefined;
  using archived = new LinkedContent(snapshot, archive);
  const places = excludes && new LeftOutPlaces(excludes, () => archived.tree());
  await using existing = isThere ? walkTarget(inPlace, excludes) : undefined;
  return await extractTree(
    {
      archive: archiveFile.filename,
      archiveChunks,
      payloadChunks,
      linkedContent,
      target,
      observer,
      signal,
    },
    inPlace && {
      ...inPlace,
      existing,
      contentOf: (file) => linkedContent.contentOf(file),
      ...(places === undefined ? {} : { isLeftOutOf: (path: Uint8Array) => places.has(path) }),
    },
  );
}

/**
 * The excludes of an archive whose target is to lose what the archive does not have.
 *
 * @throws {UsageError} if nobody can tell what that is.
 */
async function excludesFor(name: string, archive: LinkedContent): Promise<RecordedExcludes> {
  const excludes = await recordedExcludes(await archive.tree());
  const [rule] = excludes.unclear;
  if (rule === undefined) return excludes;
  throw new UsageError(
    `${name} was made with '${rule}', so it cannot be told what the target has too much: ` +
      "restore without --delete",
  );
}

/** Begins to look at what the target has. */
function walkTarget(
  { path, verifyContents }: Omit<InPlaceSettings, "existing" | "contentOf" | "isLeftOutOf">,
  excludes: RecordedExcludes | undefined,
): TreeStream {
  // Where Git ignores something nothing is removed, whatever the rules of the target say now.
  const { gitignore: _, ...filters } = excludes?.filters ?? {};
  return new TreeStream(
    {
      source: path,
      excludes: excludes?.patterns ?? [],
      filters,
      allFileSystems: true,
      entriesMax: Number.MAX_SAFE_INTEGER,
      skipE2bigXattr: true,
    },
    verifyContents,
  );
}
