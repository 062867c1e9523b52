import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import {
  DynamicIndexBuilder,
  type FixedIndex,
  FixedIndexBuilder,
  INDEX_HEADER_LENGTH,
} from "../index/mod.ts";
import type { IndexSummary } from "../repository/mod.ts";
import type { UploadedFile } from "./_uploaded_files.ts";
import type { Datastore } from "./datastore.ts";
import { joinPath } from "./layout.ts";
import type { FileWriter } from "./snapshot_files.ts";

/** Entries of a dynamic index that are collected before they are written. */
const PENDING_ENTRIES = 4096;

/**
 * An index that is being written to a temporary file beside its final name
 * (spec: datastore-formats.md §2.3).
 */
export interface IndexFile {
  /** Its name in the snapshot. */
  readonly name: string;
  /** Adds a chunk. @throws {ConflictError} if it does not fit there. */
  add(start: number, sizeBytes: number, digest: Uint8Array): void;
  /** Writes what has been collected if that is a lot. */
  flush(): Promise<void>;
  /** @throws {ConflictError} if the summary is not that of what was added; the index stays open. */
  check(summary: IndexSummary): void;
  /** Whether the summary names the checksum of what was added. */
  hasChecksum(summary: IndexSummary): boolean;
  /** Size of the virtual file and checksum of the index, as a manifest lists them. */
  summary(): UploadedFile;
  /** Puts the index in place. */
  finish(): Promise<void>;
  /** Gives up. Does nothing after `finish`. */
  discard(): Promise<void>;
}

/** Names of an index: while it is written, and afterwards. */
interface IndexPaths {
  readonly temporary: string;
  readonly final: string;
}

function pathsOf(folder: string, name: string, kind: "didx" | "fidx"): IndexPaths {
  const stem = name.slice(0, name.lastIndexOf("."));
  return { temporary: joinPath(folder, `${stem}.tmp_${kind}`), final: joinPath(folder, name) };
}

function checkEqual(name: string, what: string, told: number, counted: number): void {
  if (told === counted) return;
  throw new ConflictError(`index "${name}" has ${what} ${counted}, not ${told} as announced`);
}

/** A dynamic index; its entries go to the file while it grows. */
export class DynamicIndexFile implements IndexFile {
  readonly #datastore: Datastore;
  readonly #paths: IndexPaths;
  readonly #builder: DynamicIndexBuilder;
  readonly #writer: FileWriter;
  #taken = 0;

  /** @param folder Folder of the snapshot. */
  constructor(datastore: Datastore, folder: string, readonly name: string) {
    this.#datastore = datastore;
    this.#paths = pathsOf(folder, name, "didx");
    this.#builder = new DynamicIndexBuilder(name);
    this.#writer = datastore.files.create(this.#paths.temporary);
  }

  /** See {@linkcode IndexFile.add}. */
  add(start: number, sizeBytes: number, digest: Uint8Array): void {
    this.#builder.append(start, sizeBytes, digest);
  }

  /** See {@linkcode IndexFile.flush}. */
  async flush(): Promise<void> {
    if (this.#builder.chunkCount - this.#taken >= PENDING_ENTRIES) await this.#write();
  }

  async #write(): Promise<void> {
    const entries = this.#builder.takeEntries();
    const count = this.#builder.chunkCount - this.#taken;
    if (count === 0) return;
    const offset = INDEX_HEADER_LENGTH + this.#taken * (entries.byteLength / count);
    this.#taken += count;
    await this.#writer.write(entries, offset);
  }

  /** See {@linkcode IndexFile.check}. */
  check(summary: IndexSummary): void {
    checkEqual(this.name, "chunk count", summary.chunkCount, this.#builder.chunkCount);
    checkEqual(this.name, "size", summary.size, this.#builder.size);
    if (summary.chunkCount === 0) throw new ConflictError(`index "${this.name}" has no chunk`);
  }

  /** See {@linkcode IndexFile.hasChecksum}. */
  hasChecksum(summary: IndexSummary): boolean {
    return bytesEqual(summary.checksum, this.#builder.checksum());
  }

  /** See {@linkcode IndexFile.summary}. */
  summary(): UploadedFile {
    return { size: this.#builder.size, checksum: this.#builder.checksum() };
  }

  /** See {@linkcode IndexFile.finish}. */
  async finish(): Promise<void> {
    await this.#write();
    await this.#writer.write(this.#builder.header(), 0);
    if (this.#datastore.syncLevel === "file") await this.#writer.sync();
    await this.#writer.close();
    await this.#datastore.files.rename(this.#paths.temporary, this.#paths.final);
  }

  /** See {@linkcode IndexFile.discard}. */
  async discard(): Promise<void> {
    this.#writer[Symbol.dispose]();
    await this.#datastore.files.removeFile(this.#paths.temporary);
  }
}

/** A fixed index; 32 bytes of memory per chunk until it is finished. */
export class FixedIndexFile implements IndexFile {
  readonly #datastore: Datastore;
  readonly #paths: IndexPaths;
  readonly #builder: FixedIndexBuilder;
  readonly #size: number | undefined;
  readonly #incremental: boolean;
  readonly #writer: FileWriter;

  /**
   * @param folder Folder of the snapshot.
   * @param size Size of the image in bytes, or undefined if the chunks are to tell.
   * @param previous Its digests are taken over; only changed slots are added then (datastore-formats.md §2.4).
   */
  constructor(
    datastore: Datastore,
    folder: string,
    readonly name: string,
    size: number | undefined,
    previous?: FixedIndex,
  ) {
    this.#datastore = datastore;
    this.#paths = pathsOf(folder, name, "fidx");
    this.#builder = new FixedIndexBuilder(name, { size });
    this.#size = size;
    this.#incremental = previous !== undefined;
    if (previous) this.#builder.prefill(previous);
    this.#writer = datastore.files.create(this.#paths.temporary);
  }

  /** See {@linkcode IndexFile.add}. */
  add(start: number, sizeBytes: number, digest: Uint8Array): void {
    this.#builder.add(start, sizeBytes, digest);
  }

  /** Nothing is written before the end: slots may come in any order. */
  async flush(): Promise<void> {}

  /** See {@linkcode IndexFile.check}. */
  check(summary: IndexSummary): void {
    const { chunkCount, size, addedCount } = this.#builder;
    checkEqual(this.name, "appended chunk count", summary.chunkCount, addedCount);
    if (!this.#incremental) {
      checkEqual(this.name, "chunk count", summary.chunkCount, chunkCount);
      checkEqual(this.name, "size", summary.size, this.#size ?? size);
    }
    if (chunkCount === 0) throw new ConflictError(`index "${this.name}" has no chunk`);
  }

  /** See {@linkcode IndexFile.hasChecksum}. */
  hasChecksum(summary: IndexSummary): boolean {
    return bytesEqual(summary.checksum, this.#builder.checksum());
  }

  /** See {@linkcode IndexFile.summary}. */
  summary(): UploadedFile {
    return { size: this.#builder.size, checksum: this.#builder.checksum() };
  }

  /** See {@linkcode IndexFile.finish}. */
  async finish(): Promise<void> {
    await this.#writer.write(this.#builder.toBytes(), 0);
    if (this.#datastore.syncLevel === "file") await this.#writer.sync();
    await this.#writer.close();
    await this.#datastore.files.rename(this.#paths.temporary, this.#paths.final);
  }

  /** See {@linkcode IndexFile.discard}. */
  async discard(): Promise<void> {
    this.#writer[Symbol.dispose]();
    await this.#datastore.files.removeFile(this.#paths.temporary);
  }
}

/** The checksum of an incremental index's predecessor must be the one the client expects. */
export function checkReuse(previous: FixedIndex, expected: Uint8Array): void {
  if (bytesEqual(previous.checksum, expected)) return;
  throw new ConflictError(
    `previous index "${previous.name}" has checksum ${encodeHex(previous.checksum)}, not ${
      encodeHex(expected)
    }`,
  );
}
