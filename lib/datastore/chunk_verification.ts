import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import { CorruptDataError, describeError, NotFoundError, SystemError } from "../errors/mod.ts";
import { isTransientError, type TaskLog } from "../repository/mod.ts";
import { BadChunks, type BadFor, forgetBadChunk, recordBadChunk } from "./bad_chunks.ts";
import type { CheckedChunk, ChunkChecker } from "./chunk_checker.ts";
import type { Datastore } from "./datastore.ts";

/** Rather an error of the machine than of the chunk; anything else but this is not set aside. */
const UNREADABLE = Errno.EIO;

/** A chunk that was found bad. */
export interface FoundBadChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  readonly problem: string;
  readonly badFor: BadFor;
}

/** Result of the check of a chunk. */
export interface ChunkVerdict {
  readonly kind: "plain" | "encrypted" | "corrupt";
  /** Fault of a corrupt one. */
  readonly problem: string;
}

/** How to check chunks. */
export interface ChunkVerificationOptions {
  readonly checker: ChunkChecker;
  readonly log: TaskLog;
  /** Hears of chunks that are of no use to anybody, or not to some archives. */
  readonly onBad?: ((chunk: FoundBadChunk) => void) | undefined;
}

/**
 * Checks chunks of a datastore, sets corrupt ones aside and remembers them as bad (spec:
 * datastore-formats.md §6.9).
 */
export class ChunkVerification {
  readonly #datastore: Datastore;
  readonly #options: ChunkVerificationOptions;
  readonly #bad: BadChunks;

  private constructor(datastore: Datastore, options: ChunkVerificationOptions, bad: BadChunks) {
    this.#datastore = datastore;
    this.#options = options;
    this.#bad = bad;
  }

  /** A verification that knows which chunks were bad before. */
  static async create(
    datastore: Datastore,
    options: ChunkVerificationOptions,
  ): Promise<ChunkVerification> {
    return new ChunkVerification(datastore, options, await BadChunks.read(datastore));
  }

  /** Reads a chunk and checks it against what an index says about it. */
  async verify(chunk: CheckedChunk): Promise<ChunkVerdict> {
    const { digest } = chunk;
    const { chunks } = this.#datastore;
    try {
      const { encrypted } = await this.#options.checker.check(
        chunk,
        (buffer) => chunks.readOriginal(digest, buffer),
      );
      await this.#forgetBad(digest, encrypted);
      return { kind: encrypted ? "encrypted" : "plain", problem: "" };
    } catch (error) {
      if (error instanceof NotFoundError) {
        await this.#recordBad(digest, "everybody");
        return this.#corrupt(digest, "is missing", "everybody");
      }
      const damaged = error instanceof CorruptDataError ||
        (error instanceof SystemError && error.errno === UNREADABLE);
      // Out of descriptors, out of memory: that says nothing about the chunk.
      if (!damaged) throw error;
      const reason = describeError(error).join(": ");
      // An index that lies about the length does not make a good chunk a bad one for all others.
      const file = await chunks.stat(digest);
      if (file === undefined || await this.#isIntact(digest)) {
        return { kind: "corrupt", problem: reason };
      }
      // First: a backup that begins from here on must not rely on it.
      await recordBadChunk(this.#datastore, digest, "everybody", file);
      const name = await chunks.setAside(digest, file.inode);
      if (name !== undefined) {
        this.#options.log(`corrupt chunk ${encodeHex(digest)} was renamed to "${name}"`, true);
      }
      return this.#corrupt(digest, reason, "everybody");
    }
  }

  /** Remembers that an archive needs an unencrypted chunk where there is an encrypted one. */
  async recordNotPlain(digest: Uint8Array): Promise<void> {
    await this.#recordBad(digest, "unencrypted archives");
    this.#corrupt(digest, "is encrypted, unlike archives that name it", "unencrypted archives");
  }

  #corrupt(digest: Uint8Array, problem: string, badFor: BadFor): ChunkVerdict {
    this.#options.onBad?.({ digest, problem, badFor });
    return { kind: "corrupt", problem };
  }

  async #recordBad(digest: Uint8Array, badFor: BadFor): Promise<void> {
    const file = await this.#datastore.chunks.stat(digest);
    await unlessReadOnly(() => recordBadChunk(this.#datastore, digest, badFor, file));
  }

  async #forgetBad(digest: Uint8Array, encrypted: boolean): Promise<void> {
    if (!this.#bad.has(digest)) return;
    await unlessReadOnly(() => forgetBadChunk(this.#datastore, digest, encrypted));
  }

  /** Whether a chunk, whatever its length, has the content of its digest. */
  async #isIntact(digest: Uint8Array): Promise<boolean> {
    try {
      let blob = new Uint8Array();
      await this.#datastore.chunks.readOriginal(digest, (length) => blob = new Uint8Array(length));
      await decodeBlob(blob, { maxSizeBytes: MAX_CHUNK_PLAIN_BYTES, expectedDigest: digest });
      return true;
    } catch (error) {
      if (isTransientError(error)) throw error;
      return false;
    }
  }
}

/**
 * Nobody can back up into a datastore on a read-only file system, so nothing need be noted there.
 */
async function unlessReadOnly(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === Errno.EROFS)) throw error;
  }
}
