import { parseBlobHeader } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import { DynamicIndexBuilder, FixedIndexBuilder } from "../index/mod.ts";
import type {
  BackupSnapshot,
  BackupSummary,
  BackupTarget,
  ChunkPlacement,
  IndexKind,
  IndexWriter,
  PlacedSnapshot,
} from "../repository/mod.ts";
import type { ChunkRepair } from "./_chunk_repair.ts";
import { contentKey } from "./_good_files.ts";
import type { RepairContext } from "./_repair_context.ts";

/** Not known, and asked for only by lists that nobody sees. */
const CHUNK_MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * A backup's destination that keeps what a damaged repository lacks, and nothing else: chunks that are
 * bad there, and indexes and blobs that come out just as they were.
 */
export class RechunkTarget implements BackupTarget {
  readonly previousTime = undefined;
  readonly chunkMemoryBytes = CHUNK_MEMORY_BYTES;
  readonly tellsDuplicates = false;
  readonly #context: RepairContext;
  readonly #chunks: ChunkRepair;
  readonly #placed: PlacedSnapshot;

  /** @param placed One of the damaged snapshots, where a server wants to know of one. */
  constructor(
    context: RepairContext,
    chunks: ChunkRepair,
    placed: PlacedSnapshot,
    readonly snapshot: BackupSnapshot,
  ) {
    this.#context = context;
    this.#chunks = chunks;
    this.#placed = placed;
  }

  /** See {@linkcode BackupTarget.previousManifest}. */
  previousManifest(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** See {@linkcode BackupTarget.previousIndex}. */
  previousIndex(): Promise<Uint8Array> {
    return Promise.reject(new NotFoundError("there is no previous snapshot"));
  }

  /** See {@linkcode BackupTarget.uploadBlob}. */
  uploadBlob(_name: string, blob: Uint8Array): Promise<void> {
    this.#offer({ size: blob.byteLength, checksum: sha256(blob) }, () => blob.slice());
    return Promise.resolve();
  }

  /** See {@linkcode BackupTarget.createIndex}. */
  createIndex(kind: IndexKind, archiveName: string, size?: number): Promise<IndexWriter> {
    const builder = kind === "dynamic"
      ? new DynamicIndexBuilder(archiveName)
      : new FixedIndexBuilder(archiveName, { size });
    // How long a chunk is shows where the next one begins.
    let last: ChunkPlacement | undefined;
    const add = (end: number) => {
      if (last === undefined) return;
      const { offset, digest } = last;
      if (builder instanceof FixedIndexBuilder) builder.add(offset, end - offset, digest);
      else builder.append(offset, end - offset, digest);
    };
    return Promise.resolve({
      putChunk: async ({ digest, size, blob }) => {
        const wanted = this.#context.states.wanted(digest);
        const isSame = wanted?.size === size &&
          wanted.encrypted === parseBlobHeader(blob).encrypted;
        if (wanted !== undefined && isSame) {
          const chunk = { ...wanted, digest: digest.slice(), hasKey: true };
          await this.#chunks.put(this.#placed, chunk, blob, "the source");
        }
        return { duplicate: undefined };
      },
      append: (chunks) => {
        for (const { offset, digest } of chunks) {
          add(offset);
          last = { offset, digest: digest.slice() };
        }
        return Promise.resolve();
      },
      close: ({ size }) => {
        add(size);
        last = undefined;
        this.#offer({ size: builder.size, checksum: builder.checksum() }, () => builder.toBytes());
        return Promise.resolve();
      },
    });
  }

  /** See {@linkcode BackupTarget.finish}. */
  finish(): Promise<BackupSummary> {
    return Promise.resolve({ warnings: [] });
  }

  /** See {@linkcode BackupTarget.abort}. */
  abort(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing is held. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #offer(
    content: { readonly size: number; readonly checksum: Uint8Array },
    bytes: () => Uint8Array,
  ): void {
    const key = contentKey(content);
    if (this.#context.wantedFiles.delete(key)) this.#context.rebuilt.set(key, bytes());
  }
}
