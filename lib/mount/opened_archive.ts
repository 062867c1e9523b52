import { ArchiveReader } from "../browse/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { lookUpArchive, lookUpFile, type Manifest, type ManifestFile } from "../manifest/mod.ts";
import {
  CheckedSnapshot,
  ChunkCache,
  type ReadingObserver,
  ReconnectingSource,
} from "../reading/mod.ts";
import { parseArchiveName, type SnapshotSource } from "../repository/mod.ts";

/** Decoded chunks that are kept, of several readers, and room for those that are being read. */
const [KEPT_BYTES, READING_BYTES] = [24 * 1024 * 1024, 40 * 1024 * 1024];

/** How to open an {@linkcode OpenedArchive}. */
export interface OpenArchiveOptions {
  /** Opens the snapshot; called again whenever the connection was lost. */
  open(): Promise<SnapshotSource>;
  /** Absent if there is no key. */
  readonly crypt: CryptConfig | undefined;
  /** With or without the server's suffix: `root.pxar`, `disk.img`. */
  readonly name: string;
  /** Hears whether the manifest is signed, and when the server is waited for. */
  readonly observer: ReadingObserver;
  /** Decoded chunks of several archives with one key; if absent it keeps its own. */
  readonly cache?: ChunkCache;
  /** Time for which a lost server is waited for before a read fails; a minute if absent. */
  readonly waitMs?: number;
}

/** An archive that is read for a long time, by many, at any place, with all that it needs. */
export class OpenedArchive implements AsyncDisposable {
  readonly #source: ReconnectingSource;
  readonly #cache: ChunkCache | undefined;

  private constructor(
    source: ReconnectingSource,
    cache: ChunkCache | undefined,
    /** The archive. */
    readonly reader: ArchiveReader,
    /** Checksums of its files: an archive of this name with others is another one. */
    readonly checksum: string,
    /** Bytes of its indexes, or of a small file. */
    readonly sizeInMemory: number,
  ) {
    this.#source = source;
    this.#cache = cache;
  }

  /**
   * Opens an archive of a snapshot.
   *
   * @throws {NotFoundError} if there is no such archive, {CorruptDataError} if it is damaged.
   * @throws {KeyError} if it needs another key.
   */
  static async open(options: OpenArchiveOptions): Promise<OpenedArchive> {
    const { crypt, name, observer, waitMs } = options;
    await using opened = new AsyncDisposableStack();
    const source = opened.use(
      await ReconnectingSource.open({
        open: () => options.open(),
        onLost: (error) => {
          const reason = error instanceof Error ? error.message : String(error);
          observer.log("warn", `lost the server, waiting for it: ${reason}`);
        },
        onBack: () => observer.log("info", "the server is there again"),
        ...(waitMs === undefined ? {} : { waitMs }),
      }),
    );
    const { serverName } = parseArchiveName(name);
    const snapshot = await CheckedSnapshot.open(source, crypt, serverName, observer);
    const ownCache = options.cache === undefined
      ? opened.use(new ChunkCache(source, crypt, KEPT_BYTES, READING_BYTES))
      : undefined;
    const reader = await ArchiveReader.open({
      snapshot,
      name,
      cache: options.cache ?? ownCache!,
      readsAhead: true,
    });
    opened.move();
    const files = filesOf(snapshot.manifest, serverName);
    const bytes = source.fileBytes + bytesKept(serverName, reader);
    return new OpenedArchive(source, ownCache, reader, checksumOf(files), bytes);
  }

  /** Closes the connection and gives memory back; nothing may be read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
    this.#cache?.[Symbol.dispose]();
  }
}

/** Bytes of a small file, which is kept as a whole; of others only chunks are. */
function bytesKept(serverName: string, { stream }: ArchiveReader): number {
  return parseArchiveName(serverName).kind === "blob" ? stream!.size : 0;
}

function filesOf(manifest: Manifest, serverName: string): ManifestFile[] {
  const { kind } = parseArchiveName(serverName);
  if (kind === "blob") return [lookUpFile(manifest, serverName)];
  const archive = lookUpArchive(manifest, serverName);
  return archive.form === "single" ? [archive.file] : [archive.metadata, archive.payload];
}

function checksumOf(files: readonly ManifestFile[]): string {
  return files.map(({ checksum }) => encodeHex(checksum)).join(" ");
}
