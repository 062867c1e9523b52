import { checkBlobCrc } from "../blob/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { DigestTable } from "../datastore/mod.ts";
import { CancelledError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import {
  checkManifestOf,
  decodeManifestBlob,
  encodeManifestBlob,
  type Manifest,
  UNPROTECTED_KEYS,
  withUnprotected,
} from "../manifest/mod.ts";
import {
  archiveKind,
  type BackupTarget,
  CLIENT_LOG_BLOB_NAME,
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
  type Repository,
  type SnapshotSource,
} from "../repository/mod.ts";
import { indexesOf } from "./_index_files.ts";
import { beginCopy } from "./_begin_copy.ts";
import { copyBlob } from "./_copy_blob.ts";
import { copyIndex, type IndexCopyContext } from "./_index_copy.ts";
import { recodeFiles, recodeLog } from "./_recode_snapshot.ts";
import { recodingOf, type SnapshotRecoding } from "./recoding.ts";
import type { CopiedSnapshot, CopyProgress, CopySnapshotOptions } from "./copy_options.ts";

/** Memory of chunks that are read, checked and written: sockets of both sides need some as well. */
const READING_BYTES = 56 * 1024 * 1024;

/**
 * Copies a snapshot with all of its files. What the target has already is not moved; what is moved
 * stays as it is stored, and is checked. The result of a verification is not taken over.
 *
 * @throws {CorruptDataError} if anything of it is damaged or missing; the target has no such snapshot then.
 * @throws {ConflictError} if the target's group has a newer one, or is in use.
 * @throws {CancelledError} if the signal ended it.
 */
export async function copySnapshot(
  source: Repository,
  target: Repository,
  options: CopySnapshotOptions,
): Promise<CopiedSnapshot> {
  try {
    return await copy(source, target, options);
  } catch (error) {
    if (!options.signal.aborted) throw error;
    const path = formatSnapshotPath(options.from.snapshot);
    throw new CancelledError(`the copy of ${path} was interrupted`, { cause: error });
  }
}

async function copy(
  source: Repository,
  target: Repository,
  { from, to, observer, signal, ...options }: CopySnapshotOptions,
): Promise<CopiedSnapshot> {
  signal.throwIfAborted();
  await using reading = await source.openSnapshot(from.namespace, from.snapshot);
  const manifest = await readManifest(reading);
  const recoding = options.recoding && recodingOf(manifest, options.recoding);
  await using writing = await beginCopy(target, to);
  using decoder = new ChunkDecoder({ memoryBudgetBytes: READING_BYTES });
  const counters = {
    bytesDone: 0,
    bytesMoved: 0,
    chunksMoved: 0,
    chunksReused: 0,
    bytesReused: 0,
  };
  const count = (done: Partial<CopyProgress>) => {
    for (const key of Object.keys(counters) as (keyof CopyProgress)[]) {
      counters[key] += done[key] ?? 0;
      observer.progress[key] += done[key] ?? 0;
    }
  };
  const known = await knownChunks(writing, (line) => observer.log("warn", line));
  const context = { source: reading, target: writing, known, decoder, signal, count };
  const copied = recoding === undefined
    ? await copyFiles(context, manifest)
    : await recodeFiles(context, manifest, recoding);
  if (!manifest.files.some(({ filename }) => filename === CLIENT_LOG_BLOB_NAME)) {
    await copyLog(context, recoding);
  }
  signal.throwIfAborted();
  await writing.uploadBlob(MANIFEST_BLOB_NAME, await encodeManifestBlob(copied));
  const { warnings } = await writing.finish();
  return { ...counters, warnings };
}

/** The manifest as the copy has it: what the source's storage says about itself is left out. */
async function readManifest(source: SnapshotSource): Promise<Manifest> {
  const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
  checkManifestOf(manifest, source.snapshot);
  const { chunkUploadStats, verifyState } = UNPROTECTED_KEYS;
  return withUnprotected(
    withUnprotected(manifest, verifyState, undefined),
    chunkUploadStats,
    undefined,
  );
}

/** Copies the files as they are. */
async function copyFiles(context: IndexCopyContext, manifest: Manifest): Promise<Manifest> {
  for (const file of manifest.files) {
    context.signal.throwIfAborted();
    await (archiveKind(file.filename) === "blob"
      ? copyBlob(context, file)
      : copyIndex(context, file));
  }
  return manifest;
}

/** The log comes after the manifest and is not in it: only its own checksum is there to check. */
async function copyLog(
  { count, source, target }: IndexCopyContext,
  recoding: SnapshotRecoding | undefined,
): Promise<void> {
  let blob: Uint8Array;
  try {
    blob = await source.readFile(CLIENT_LOG_BLOB_NAME);
  } catch (error) {
    if (error instanceof NotFoundError) return;
    throw error;
  }
  checkBlobCrc(blob, CLIENT_LOG_BLOB_NAME);
  const copy = recoding === undefined
    ? blob
    : await recodeLog(blob, CLIENT_LOG_BLOB_NAME, recoding);
  await target.uploadBlob(CLIENT_LOG_BLOB_NAME, copy);
  count({ bytesMoved: copy.byteLength });
}

/** Chunks of the snapshot before, with the lengths that its indexes give them. */
async function knownChunks(
  target: BackupTarget,
  warn: (line: string) => void,
): Promise<DigestTable> {
  const known = new DigestTable();
  const blob = await target.previousManifest();
  if (blob === undefined) return known;
  try {
    for await (const index of indexesOf(blob, (name) => target.previousIndex(name))) {
      for (let i = 0; i < index.chunkCount; i++) {
        const digest = index.digestAt(i);
        if (!known.has(digest)) known.set(digest, index.endOf(i) - index.startOf(i));
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptDataError || error instanceof NotFoundError)) throw error;
    warn(`the target's last snapshot cannot be built upon: ${error.message}`);
  }
  return known;
}
