import { bytesEqual } from "../bytes/mod.ts";
import { describeError } from "../errors/mod.ts";
import { ChunkList } from "../repository/mod.ts";
import { SentChunksFile } from "./_sent_chunks_file.ts";

const DIGEST_LENGTH = 32;

/** Place in which the chunks of a run are written down for the next process. */
export interface SentChunksPlace {
  /** Folder with a file for each repository and group whose last run was interrupted. */
  readonly folder: string;
  /** Says what the run belongs to: repository, namespace, group, key. */
  readonly key: string;
}

/**
 * The chunks that a run has sent to a repository, or was about to when it ended. They outlive the run,
 * so that the next attempt need not send those again that have arrived (docs/remote.md): the
 * repository is asked which it has.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const chunks = new SentChunks();
 * chunks.add(new Uint8Array(32).fill(7), 4096, 1000);
 * assertEquals(chunks.earlier().count, 1);
 * assertEquals(chunks.keep(new Uint8Array()).length, 0);
 * assertEquals(chunks.earlier().count, 0);
 * ```
 */
export class SentChunks implements Disposable {
  #chunks = new ChunkList();
  #file: SentChunksFile | undefined;
  #isLoaded = false;
  #problem: string | undefined;

  /** @param place Where other processes find them; they are kept in memory alone if absent. */
  constructor(place?: SentChunksPlace) {
    if (place !== undefined) this.#file = new SentChunksFile(place.folder, place.key);
  }

  /** Why the next process will not know of these chunks; undefined as long as all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Chunks that earlier attempts have sent. To be called while nobody else can write to the group. */
  earlier(): ChunkList {
    if (!this.#isLoaded) this.#onFile((file) => this.#chunks = file.load());
    this.#isLoaded = true;
    return this.#chunks;
  }

  /**
   * Forgets all but those that the repository has.
   *
   * @param found Digests of chunks of {@linkcode earlier}, in that order. Others are passed over.
   * @returns Those of them that were asked for.
   */
  keep(found: Uint8Array): Uint8Array {
    const kept = new ChunkList();
    let at = 0;
    for (let i = 0; i < this.#chunks.count && at < found.length; i++) {
      const digest = this.#chunks.digestAt(i);
      if (!bytesEqual(digest, found.subarray(at, at + DIGEST_LENGTH))) continue;
      kept.add(digest, this.#chunks.sizeAt(i), this.#chunks.storedSizeAt(i));
      at += DIGEST_LENGTH;
    }
    this.#chunks = kept;
    this.#onFile((file) => file.replace(kept));
    return kept.digests;
  }

  /** Notes a chunk that is about to be sent. See {@linkcode ChunkList.add}. */
  add(digest: Uint8Array, size: number, storedSize: number): void {
    this.#chunks.add(digest, size, storedSize);
    this.#onFile((file) => file.append(digest, size, storedSize));
  }

  /** Forgets all: the backup is finished, its snapshot knows its chunks. */
  forget(): void {
    this.#chunks = new ChunkList();
    this.#onFile((file) => file.remove());
  }

  /** Closes the file, which stays. */
  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  /** That nothing can be written down is no failure of a backup. */
  #onFile(use: (file: SentChunksFile) => void): void {
    if (this.#file === undefined) return;
    try {
      use(this.#file);
    } catch (error) {
      this.#problem = describeError(error)[0];
      this.#file[Symbol.dispose]();
      this.#file = undefined;
    }
  }
}
