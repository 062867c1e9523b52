import { bytesEqual } from "../bytes/mod.ts";
import type { DigestTable } from "../datastore/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { type ChunkIndex, DIGEST_LENGTH, FIXED_CHUNK_SIZE, FixedIndex } from "../index/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import {
  type BackupTarget,
  ChunkList,
  type ChunkPlacement,
  type IndexWriter,
  isTransientError,
  type SnapshotSource,
} from "../repository/mod.ts";
import type { ChunkDecoder, ExpectedChunk } from "../chunking/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";
import { Flight } from "./_flight.ts";
import { openListedIndex } from "./_index_files.ts";
import type { CopyProgress } from "./copy_options.ts";

/** Places that are looked at together; also what one request of a placement takes. */
export const PLACES_AT_ONCE = 1024;
/** Plain bytes of chunks between their source and their target: enough for 1 Gbit/s over 200 ms. */
export const FLIGHT_BYTES = 48 * 1024 * 1024;
/** Chunks among them. */
export const FLIGHT_CHUNKS = 64;

/** Everything that the copies of a snapshot's indexes share. */
export interface IndexCopyContext {
  readonly source: SnapshotSource;
  readonly target: BackupTarget;
  /** Lengths of chunks that the target knows, or is about to. */
  readonly known: DigestTable;
  readonly decoder: ChunkDecoder;
  readonly signal: AbortSignal;
  /** Told of everything that was done. */
  readonly count: (done: Partial<CopyProgress>) => void;
}

/** Chunks of a stretch of an index that the target did not know. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly unknown: ChunkList;
  /** Those of them that the target has all the same, in their order. */
  readonly recalled: Promise<Uint8Array>;
}

/**
 * Copies an index with the chunks that the target lacks. Its entries are those of the source; its
 * header, which has a random number and a time, is the target's.
 *
 * @throws {CorruptDataError} if the index, or a chunk of it, is not as the manifest says.
 */
export async function copyIndex(context: IndexCopyContext, file: ManifestFile): Promise<void> {
  const { source } = context;
  const index = openCopied(await source.readFile(file.filename), file);
  const writer = await openWriter(context, index);
  const flight = new Flight(FLIGHT_BYTES, FLIGHT_CHUNKS);
  try {
    await copyChunks(context, index, file.cryptMode === "encrypt", writer, flight);
  } finally {
    await flight.land();
  }
  const { chunkCount, size, checksum } = index;
  await writer.close({ chunkCount, size, checksum });
}

/** Begins the index of the copy. */
export async function openWriter(
  { target }: IndexCopyContext,
  { kind, name, size }: ChunkIndex,
): Promise<IndexWriter> {
  return await target.createIndex(kind, name, kind === "fixed" ? size : undefined);
}

/** Reads an index that the target can store. @throws {CorruptDataError} if it is none. */
export function openCopied(bytes: Uint8Array, file: ManifestFile): ChunkIndex {
  const index = openListedIndex(bytes, file);
  if (index instanceof FixedIndex && index.chunkSize !== FIXED_CHUNK_SIZE) {
    throw new CorruptDataError(
      `index "${index.name}" has chunks of ${index.chunkSize} bytes, only those of ${FIXED_CHUNK_SIZE} can be stored`,
    );
  }
  return index;
}

async function copyChunks(
  context: IndexCopyContext,
  index: ChunkIndex,
  encrypted: boolean,
  writer: IndexWriter,
  flight: Flight,
): Promise<void> {
  let placed: Promise<void> = Promise.resolve();
  let next = lookAt(context, index, 0, encrypted);
  while (next !== undefined) {
    const stretch = next;
    const recalled = await stretch.recalled;
    // The target is asked about the next ones while these are moved.
    next = lookAt(context, index, stretch.end, encrypted);
    const ends: Promise<void>[] = [];
    let moving = 0;
    let movingBytes = 0;
    for (const { digest, size } of withoutRecalled(stretch.unknown, recalled)) {
      context.signal.throwIfAborted();
      const chunk = { digest, size, encrypted };
      const { end } = await flight.begin(size, () => move(context, index.name, chunk, writer));
      ends.push(end);
      moving++;
      movingBytes += size;
    }
    const before = placed;
    placed = (async () => {
      await before;
      await Promise.all(ends);
      flight.check();
      const places = placesOf(index, stretch);
      await writer.append(places);
      const bytes = index.endOf(stretch.end - 1) - index.startOf(stretch.start);
      context.count({
        bytesDone: bytes - movingBytes,
        chunksReused: places.length - moving,
        bytesReused: bytes - movingBytes,
      });
    })();
    placed.catch((error) => flight.fail(error));
  }
  await placed;
}

/** The next places of an index, with what is to be found out about them; undefined after the last. */
function lookAt(
  { known, target }: IndexCopyContext,
  index: ChunkIndex,
  start: number,
  encrypted: boolean,
): Stretch | undefined {
  const end = Math.min(index.chunkCount, start + PLACES_AT_ONCE);
  if (start === end) return undefined;
  const unknown = new ChunkList();
  for (let i = start; i < end; i++) {
    const digest = index.digestAt(i);
    const size = index.endOf(i) - index.startOf(i);
    // The length counts: what an index claims about a chunk is proven by moving it.
    if (known.get(digest) === size) continue;
    known.set(digest, size);
    unknown.add(digest, size, 0);
  }
  const recalled = unknown.count === 0 || target.recallChunks === undefined
    ? Promise.resolve(new Uint8Array())
    : target.recallChunks(unknown, encrypted);
  recalled.catch(() => {});
  return { start, end, unknown, recalled };
}

function* withoutRecalled(
  chunks: ChunkList,
  recalled: Uint8Array,
): Generator<Pick<ExpectedChunk, "digest" | "size">> {
  let at = 0;
  for (let i = 0; i < chunks.count; i++) {
    const digest = chunks.digestAt(i);
    if (at < recalled.length && bytesEqual(digest, recalled.subarray(at, at + DIGEST_LENGTH))) {
      at += DIGEST_LENGTH;
    } else yield { digest, size: chunks.sizeAt(i) };
  }
}

function placesOf(index: ChunkIndex, { start, end }: Stretch): ChunkPlacement[] {
  return Array.from({ length: end - start }, (_, i) => ({
    digest: index.digestAt(start + i),
    offset: index.startOf(start + i),
  }));
}

async function move(
  { count, decoder, source }: IndexCopyContext,
  archive: string,
  chunk: ExpectedChunk,
  writer: IndexWriter,
): Promise<void> {
  const { digest, size } = chunk;
  const checked = await decoder.check(chunk, (buffer) => source.readChunk(digest, buffer))
    .catch((error) => {
      throw nameDamage(error, archive);
    });
  try {
    await writer.putChunk({ digest, size, blob: checked.bytes });
    count({ bytesDone: size, bytesMoved: checked.bytes.byteLength, chunksMoved: 1 });
  } finally {
    checked.release();
  }
}

/** The error to throw for one of reading a chunk: damage is named with its archive. */
export function nameDamage(error: unknown, archive: string): unknown {
  return DamagedChunkError.isCause(error) && !isTransientError(error)
    ? new CorruptDataError(`${archive}: ${error.message}`, { cause: error })
    : error;
}
