import { ArchiveReader } from "../browse/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import type { PxarNode, RandomAccess } from "../pxar/mod.ts";
import { CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { parseArchiveName, type SnapshotSource } from "../repository/mod.ts";
import {
  newRestoreProgress,
  PLAIN_RESTORE,
  type RestoreReport,
  runRestore,
} from "../restore/mod.ts";
import { type ArchiveEntry, toArchiveEntry } from "./archive_entry.ts";
import { pathBytes } from "./path_bytes.ts";
import type { RestoreOptions } from "./restore_options.ts";

const NOTHING_IN_PLACE = { deleteExtras: false, dryRun: false, verifyContents: false };

/** Bytes of a stream that are read at a time. */
const PIECE_BYTES = 1024 * 1024;

/** Everything that is open once something was read. */
interface OpenArchive {
  readonly reader: ArchiveReader;
  readonly resources: AsyncDisposableStack;
}

/**
 * An archive of a snapshot. Everything read is verified; only the chunks that are needed are
 * fetched. Calls may overlap.
 */
export class StoredArchive implements AsyncDisposable {
  readonly #openSource: () => Promise<SnapshotSource>;
  readonly #crypt: CryptConfig | undefined;
  #opening: Promise<OpenArchive> | undefined;

  /** Use `StoredSnapshot.archive`. */
  constructor(
    openSource: () => Promise<SnapshotSource>,
    /** As it was asked for. */
    readonly name: string,
    crypt: CryptConfig | undefined,
  ) {
    this.#openSource = openSource;
    this.#crypt = crypt;
  }

  /**
   * The entries of a directory, in the order of the archive.
   *
   * @param path From the archive's root; default the root itself.
   * @throws {NotFoundError} if there is no such directory, {UsageError} if this is no file archive.
   */
  async list(path: string | Uint8Array = "/"): Promise<ArchiveEntry[]> {
    const reader = await this.#reader();
    return (await reader.list(toBytes(path))).map(({ entry }) => toArchiveEntry(entry));
  }

  /** One entry. @throws {NotFoundError} if there is none. */
  async stat(path: string | Uint8Array): Promise<ArchiveEntry> {
    const reader = await this.#reader();
    return toArchiveEntry((await reader.find(toBytes(path))).entry);
  }

  /**
   * The content of a file.
   *
   * @throws {NotFoundError} if there is no such file, {CorruptDataError} if it is damaged.
   */
  async readFile(path: string | Uint8Array): Promise<Uint8Array> {
    const { access, offset, size } = await this.#content(path);
    return await access.read(offset, size);
  }

  /** The content of a file as UTF-8 text. */
  async readTextFile(path: string | Uint8Array): Promise<string> {
    return new TextDecoder().decode(await this.readFile(path));
  }

  /**
   * The content of a file, or without a path all of an image or small file, piece by piece.
   *
   * @throws {UsageError} if a split file archive is asked for as a whole.
   */
  stream(path?: string | Uint8Array): ReadableStream<Uint8Array> {
    let content: { access: RandomAccess; offset: number; size: number } | undefined;
    let done = 0;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        content ??= path === undefined ? await this.#whole() : await this.#content(path);
        const { access, offset, size } = content;
        const length = Math.min(PIECE_BYTES, size - done);
        if (length === 0) return controller.close();
        controller.enqueue(await access.read(offset + done, length));
        done += length;
      },
    }, { highWaterMark: 0 });
  }

  /**
   * Restores the archive: a file archive into a directory, anything else into a file.
   *
   * @throws {SystemError} or {CorruptDataError} if something could not be restored; the rest is.
   */
  async restore(target: string | URL, options: RestoreOptions = {}): Promise<RestoreReport> {
    const overwrite = options.overwrite ?? false;
    await using source = await this.#openSource();
    return await runRestore({
      source,
      archiveName: this.name,
      target: pathBytes(target),
      patterns: options.patterns ?? [],
      ...PLAIN_RESTORE,
      allowExistingDirs: options.allowExistingDirs ?? overwrite,
      overwriteFiles: overwrite,
      overwriteSymlinks: overwrite,
      overwriteHardlinks: overwrite,
      overwriteOthers: overwrite,
      ignoreOwnership: options.ignoreOwnership ?? Deno.uid() !== 0,
      ...(options.inPlace === undefined
        ? {}
        : { inPlace: { ...NOTHING_IN_PLACE, ...options.inPlace } }),
      ...(this.#crypt === undefined ? {} : { crypt: this.#crypt }),
      signal: options.signal ?? new AbortController().signal,
    }, {
      log: options.onMessage ?? (() => {}),
      progress: newRestoreProgress(),
      treeChange: (change) => options.onChange?.(change),
    });
  }

  /** Closes what was opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const opened = await opening?.catch(() => undefined);
    await opened?.resources.disposeAsync();
  }

  async #content(path: string | Uint8Array) {
    const reader = await this.#reader();
    const node: PxarNode = await reader.find(toBytes(path));
    return await reader.content(node);
  }

  async #whole() {
    const { stream } = await this.#reader();
    if (stream === undefined) {
      throw new UsageError(`"${this.name}" is kept in two parts and cannot be read as one stream`);
    }
    return { access: stream, offset: 0, size: stream.size };
  }

  async #reader(): Promise<ArchiveReader> {
    return (await (this.#opening ??= this.#open())).reader;
  }

  async #open(): Promise<OpenArchive> {
    await using opening = new AsyncDisposableStack();
    const source = opening.use(await this.#openSource());
    const cache = opening.use(new ChunkCache(source, this.#crypt));
    const { serverName } = parseArchiveName(this.name);
    const snapshot = await CheckedSnapshot.open(source, this.#crypt, serverName, {
      log: () => {},
    });
    const reader = await ArchiveReader.open({ snapshot, name: this.name, cache });
    return { reader, resources: opening.move() };
  }
}

function toBytes(path: string | Uint8Array): Uint8Array {
  return typeof path === "string" ? new TextEncoder().encode(path) : path;
}
