import { checkBlobCrc, decodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import {
  checkArchiveFileName,
  type ChunkVerification,
  type DatastoreSnapshot,
  readIndex,
  readManifest,
} from "../datastore/mod.ts";
import { CancelledError, describeError, NotFoundError, PbsError } from "../errors/mod.ts";
import { type ManifestFile, verifyBlob, verifyIndex } from "../manifest/mod.ts";
import { archiveKind } from "../repository/mod.ts";
import { folderOf, SampleWindow } from "./_sample_window.ts";

/** Chunks that are read and checked at the same time. */
const CHUNKS_IN_FLIGHT = 8;
/** Chunk folders whose chunks are held in memory at the same time: a sixteenth of all. */
const WINDOW_FOLDERS = 4096;

/** How to take a sample. */
export interface SampleOptions {
  readonly verification: ChunkVerification;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Hears of a fault of a snapshot that is none of a chunk. */
  readonly onProblem: (snapshot: DatastoreSnapshot, problem: string) => void;
  /** Hears of a chunk that is not encrypted though an encrypted archive names it. */
  readonly onUnencrypted: (digest: Uint8Array) => void;
  /** Hears after each chunk in which folder one would have to go on. */
  readonly onPlace: (folder: number) => void;
}

/** Counters of a sample. */
export interface SampleCounts {
  chunks: number;
  /** Plain bytes. */
  bytes: number;
}

/**
 * Checks all chunks of snapshots whose digests begin with certain numbers, and all files of the snapshots
 * that are no chunks. Digests are as good as random: so a share of the numbers is that share of the chunks
 * and of the bytes, and samples side by side reach every chunk once.
 *
 * @param range Chunk folders: the first one, and the first one that is not in it.
 * @param counts Grows meanwhile.
 * @throws {CancelledError} if the signal ended it.
 */
export async function sampleChunks(
  snapshots: readonly DatastoreSnapshot[],
  [from, to]: readonly [number, number],
  counts: SampleCounts,
  options: SampleOptions,
): Promise<void> {
  for (let start = from; start < to; start += WINDOW_FOLDERS) {
    const window = new SampleWindow(start, Math.min(start + WINDOW_FOLDERS, to));
    for (const snapshot of snapshots) {
      checkSignal(options);
      await collect(snapshot, window, start === from, options);
    }
    await checkChunks(window, counts, options);
    options.onPlace(window.to);
  }
}

function checkSignal({ signal }: SampleOptions): void {
  if (signal.aborted) throw new CancelledError("the sample was ended", { cause: signal.reason });
}

/** @param checksFiles Whether to check the files as well. */
async function collect(
  snapshot: DatastoreSnapshot,
  window: SampleWindow,
  checksFiles: boolean,
  { onProblem }: SampleOptions,
): Promise<void> {
  let files: readonly ManifestFile[];
  try {
    files = (await readManifest(snapshot)).files;
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    if (checksFiles && !(error instanceof NotFoundError)) {
      onProblem(snapshot, describeError(error).join(": "));
    }
    return;
  }
  for (const file of files) {
    try {
      await collectFile(snapshot, file, window, checksFiles);
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      // Of a snapshot that was removed meanwhile nothing need be said.
      if (checksFiles && snapshot.exists) {
        onProblem(snapshot, `"${file.filename}": ${describeError(error).join(": ")}`);
      }
    }
  }
}

async function collectFile(
  snapshot: DatastoreSnapshot,
  file: ManifestFile,
  window: SampleWindow,
  checksFile: boolean,
): Promise<void> {
  checkArchiveFileName(file.filename);
  const isBlob = archiveKind(file.filename) === "blob";
  if (isBlob && !checksFile) return;
  const bytes = await snapshot.datastore.files.read(snapshot.file(file.filename));
  if (isBlob) {
    const { encrypted } = checkBlobCrc(bytes, file.filename);
    verifyBlob(file, bytes);
    if (!encrypted) await decodeBlob(bytes, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
    return;
  }
  const index = readIndex(bytes, file.filename);
  if (checksFile) verifyIndex(file, index);
  const isEncrypted = file.cryptMode === "encrypt";
  for (let i = 0; i < index.chunkCount; i++) {
    window.add(index.digestAt(i), index.endOf(i) - index.startOf(i), isEncrypted);
  }
}

async function checkChunks(
  window: SampleWindow,
  counts: SampleCounts,
  options: SampleOptions,
): Promise<void> {
  const { verification, onPlace, onUnencrypted } = options;
  const chunks = window.chunks();
  const inHand = new Set<number>();
  let next = 0;
  let isStopped = false;
  const work = async () => {
    while (next < window.count && !isStopped) {
      const i = next++;
      inHand.add(i);
      checkSignal(options);
      const { digest, size, isWantedPlain, isWantedEncrypted } = chunks.at(i);
      const { kind } = await verification.verify({ digest, size });
      if (kind === "encrypted" && isWantedPlain) await verification.recordNotPlain(digest);
      if (kind === "plain" && isWantedEncrypted) onUnencrypted(digest);
      counts.chunks++;
      counts.bytes += size;
      inHand.delete(i);
      const first = Math.min(next, ...inHand);
      if (first < window.count) onPlace(folderOf(chunks.at(first).digest));
    }
  };
  const workers = Array.from({ length: CHUNKS_IN_FLIGHT }, () =>
    work().catch((error) => {
      isStopped = true;
      throw error;
    }));
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
