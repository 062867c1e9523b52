import type { ChunkDecoder } from "../chunking/mod.ts";
import type { TreeExtractor } from "../fs/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { type CheckedSnapshot, ChunkPrefetcher, METADATA_WINDOW_BYTES } from "../reading/mod.ts";
import type { TreeTarget } from "./_archive_extraction.ts";
import { extractTree, type TreeOutcome } from "./extract_tree.ts";
import { LinkedContent } from "./_linked_content.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Tools of a restored tree, and the place for it. */
export interface TreeRestore {
  readonly decoder: ChunkDecoder;
  readonly target: TreeTarget<TreeExtractor>;
  readonly observer: RestoreObserver;
  readonly signal: AbortSignal;
}

/** Makes the tree of an archive in a snapshot; see {@linkcode extractTree}. */
export async function restoreTree(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  { decoder, target, observer, signal }: TreeRestore,
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
  return await extractTree({
    archive: archiveFile.filename,
    archiveChunks,
    payloadChunks,
    linkedContent: new LinkedContent(snapshot, archive),
    target,
    observer,
    signal,
  });
}
