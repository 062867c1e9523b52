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
import { recordedExcludes } from "./_recorded_excludes.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Tools of a restored tree, and the place for it. */
export interface TreeRestore {
  readonly decoder: ChunkDecoder;
  readonly target: TreeTarget<RestoringExtractor>;
  /** Present if the target is to be made equal to the archive. */
  readonly inPlace?: Omit<InPlaceSettings, "existing" | "contentOf">;
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
  await using existing = inPlace && await walkTarget(inPlace, linkedContent);
  return await extractTree({
    archive: archiveFile.filename,
    archiveChunks,
    payloadChunks,
    linkedContent,
    target,
    observer,
    signal,
  }, inPlace && { ...inPlace, existing, contentOf: (file) => linkedContent.contentOf(file) });
}

/** Begins to look at what the target has; undefined if it is not there. */
async function walkTarget(
  { path, deleteExtras, verifyContents }: Omit<InPlaceSettings, "existing" | "contentOf">,
  archive: LinkedContent,
): Promise<TreeStream | undefined> {
  if (statPath(new Uint8Array(path)) === -Errno.ENOENT) return undefined;
  const excludes = deleteExtras ? await recordedExcludes(await archive.tree()) : [];
  return new TreeStream(
    {
      source: path,
      excludes,
      allFileSystems: true,
      entriesMax: Number.MAX_SAFE_INTEGER,
      skipE2bigXattr: true,
    },
    verifyContents,
  );
}
