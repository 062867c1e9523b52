import { ChunkDecoder, type ExpectedChunk } from "../chunking/mod.ts";
import { DigestTable } from "../datastore/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { type ChunkIndex, DIGEST_LENGTH, IndexChecksum } from "../index/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import type { CryptMode, IndexWriter } from "../repository/mod.ts";
import { ChunkEncoder } from "./_chunk_encoder.ts";
import { Flight } from "./_flight.ts";
import {
  FLIGHT_BYTES,
  FLIGHT_CHUNKS,
  type IndexCopyContext,
  nameDamage,
  openCopied,
  openWriter,
  PLACES_AT_ONCE,
} from "./_index_copy.ts";
import type { SnapshotRecoding } from "./recoding.ts";

/** Chunks that are taken apart and put together again for another key, or for none. */
export class ChunkRecoder implements Disposable {
  readonly decoder: ChunkDecoder;
  readonly encoder: ChunkEncoder;

  constructor({ from, to }: SnapshotRecoding) {
    this.decoder = new ChunkDecoder({ crypt: from, memoryBudgetBytes: FLIGHT_BYTES });
    this.encoder = new ChunkEncoder(to);
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.decoder[Symbol.dispose]();
    this.encoder[Symbol.dispose]();
  }
}

/**
 * Copies an index with its contents for another key. The archive is cut as it was; the digests are other
 * ones, as the key is part of them.
 *
 * @param cryptMode Mode of the copy; not `sign-only`, which leaves chunks as they are.
 * @returns The file as the copy's manifest lists it.
 * @throws {CorruptDataError} if the index, or a chunk of it, is not as the manifest says.
 */
export async function recodeIndex(
  context: IndexCopyContext,
  recoder: ChunkRecoder,
  file: ManifestFile,
  cryptMode: CryptMode,
): Promise<ManifestFile> {
  const index = openCopied(await context.source.readFile(file.filename), file);
  const writer = await openWriter(context, index);
  const flight = new Flight(FLIGHT_BYTES, FLIGHT_CHUNKS);
  const places = new RecodedPlaces(index);
  const encrypted = file.cryptMode === "encrypt";
  try {
    for (let i = 0; i < index.chunkCount; i++) {
      context.signal.throwIfAborted();
      const size = index.endOf(i) - index.startOf(i);
      if (!places.isFirst(i)) {
        context.count({ bytesDone: size, chunksReused: 1, bytesReused: size });
        continue;
      }
      const chunk = { digest: index.digestAt(i), size, encrypted };
      await flight.begin(size, async () => {
        places.set(i, await recode(context, recoder, { index, chunk, writer }));
      });
    }
  } finally {
    await flight.land();
  }
  flight.check();
  const checksum = new IndexChecksum(index.kind);
  for (let start = 0; start < index.chunkCount; start += PLACES_AT_ONCE) {
    const end = Math.min(index.chunkCount, start + PLACES_AT_ONCE);
    const batch = [];
    for (let i = start; i < end; i++) {
      const digest = places.digestAt(i);
      checksum.add(index.endOf(i), digest);
      batch.push({ digest, offset: index.startOf(i) });
    }
    await writer.append(batch);
  }
  const { chunkCount, size } = index;
  await writer.close({ chunkCount, size, checksum: checksum.digest() });
  return { filename: file.filename, cryptMode, size, checksum: checksum.digest() };
}

/** Digests of the copy by place; equal chunks are recoded once. */
class RecodedPlaces {
  readonly #digests: Uint8Array;
  /** The first place of each digest of the source. */
  readonly #first = new DigestTable();

  constructor(private readonly index: ChunkIndex) {
    this.#digests = new Uint8Array(index.chunkCount * DIGEST_LENGTH);
  }

  /** Whether a chunk is to be recoded. @throws {CorruptDataError} if it has two lengths. */
  isFirst(place: number): boolean {
    const digest = this.index.digestAt(place);
    const first = this.#first.get(digest);
    if (first === undefined) return this.#first.set(digest, place);
    if (this.#sizeOf(first) === this.#sizeOf(place)) return false;
    throw new CorruptDataError(`index "${this.index.name}" gives a chunk two lengths`);
  }

  set(place: number, digest: Uint8Array): void {
    this.#digests.set(digest, place * DIGEST_LENGTH);
  }

  digestAt(place: number): Uint8Array {
    const first = this.#first.get(this.index.digestAt(place))!;
    return this.#digests.subarray(first * DIGEST_LENGTH, (first + 1) * DIGEST_LENGTH);
  }

  #sizeOf(place: number): number {
    return this.index.endOf(place) - this.index.startOf(place);
  }
}

/** Recodes a chunk, and sends it unless the target knows it. @returns Its digest there. */
async function recode(
  { count, known, source }: IndexCopyContext,
  { decoder, encoder }: ChunkRecoder,
  { chunk, index, writer }: {
    readonly index: ChunkIndex;
    readonly chunk: ExpectedChunk;
    readonly writer: IndexWriter;
  },
): Promise<Uint8Array> {
  const { digest: old, size } = chunk;
  const plain = await decoder.decode(chunk, (buffer) => source.readChunk(old, buffer))
    .catch((error) => {
      throw nameDamage(error, index.name);
    });
  const finished = await encoder.encode(plain.bytes).finally(() => plain.release());
  try {
    const digest = finished.digest.slice();
    const { blob } = finished;
    if (blob === undefined || known.get(digest) === size) {
      count({ bytesDone: size, chunksReused: 1, bytesReused: size });
      return digest;
    }
    await writer.putChunk({ digest, size, blob });
    known.set(digest, size);
    count({ bytesDone: size, bytesMoved: blob.byteLength, chunksMoved: 1 });
    return digest;
  } finally {
    finished.release();
  }
}
