import { lookUpArchive } from "../manifest/mod.ts";
import { PAYLOAD_HEADER_BYTES, PxarAccessor, type PxarEntry } from "../pxar/mod.ts";
import { CachedStream, type CheckedSnapshot, type ChunkCache } from "../reading/mod.ts";
import { type CryptMode, formatSnapshotPath, type SnapshotSource } from "../repository/mod.ts";
import type { ComparedContents, ContentPlaces } from "./_content_evidence.ts";
import { EntryStream, type StreamChunks } from "../entries/mod.ts";
import { named, withName } from "./_with_name.ts";

/** How to open a {@linkcode ComparedTree}. */
export interface ComparedTreeOptions {
  /** Whose manifest was checked. */
  readonly snapshot: CheckedSnapshot;
  /** Its source, or one that counts what is read from it. */
  readonly source: SnapshotSource;
  /** The archive's name in its client form. */
  readonly name: string;
  /** Shared by both trees. */
  readonly cache: ChunkCache;
}

/** A file archive that is compared: its entries in order, and where their contents lie. */
export class ComparedTree implements ComparedContents {
  readonly #chunks: StreamChunks;
  readonly #stream: EntryStream;
  readonly #label: string;
  #accessor: Promise<PxarAccessor> | undefined;

  private constructor(
    chunks: StreamChunks,
    readonly isSplit: boolean,
    readonly contents: ContentPlaces,
    /** How the chunks of its contents are protected. */
    readonly contentCryptMode: CryptMode,
    label: string,
  ) {
    this.#chunks = chunks;
    this.#stream = new EntryStream(chunks, isSplit);
    this.#label = label;
  }

  /** Reads the indexes. @throws {CorruptDataError} if one is damaged; names it. */
  static async open(options: ComparedTreeOptions): Promise<ComparedTree> {
    const { snapshot, name, cache, source } = options;
    const archive = lookUpArchive(snapshot.manifest, name);
    const metadata = archive.form === "split" ? archive.metadata : archive.file;
    const label = `snapshot ${formatSnapshotPath(source.snapshot)}: ${metadata.filename}`;
    const open = async () => {
      const index = await snapshot.readIndex(metadata);
      const chunks = { index, source, cache, cryptMode: metadata.cryptMode };
      if (archive.form === "single") {
        const contents = { index, position: (file: PxarEntry) => file.contentPosition };
        return new ComparedTree(chunks, false, contents, metadata.cryptMode, label);
      }
      const contents = {
        index: await snapshot.readIndex(archive.payload),
        position: (file: PxarEntry) => file.payloadOffset + PAYLOAD_HEADER_BYTES,
      };
      return new ComparedTree(chunks, true, contents, archive.payload.cryptMode, label);
    };
    return await named(`snapshot ${formatSnapshotPath(source.snapshot)}`, open);
  }

  /** See {@linkcode EntryStream.ahead}. */
  get ahead(): EntryStream["ahead"] {
    return this.#stream.ahead;
  }

  /** See {@linkcode EntryStream.excludeFile}. */
  get excludeFile(): PxarEntry | undefined {
    return this.#stream.excludeFile;
  }

  /** See {@linkcode EntryStream.take}. */
  take(): void {
    try {
      this.#stream.take();
    } catch (error) {
      throw withName(this.#label, error);
    }
  }

  /** See {@linkcode EntryStream.fill}. */
  async fill(): Promise<void> {
    await named(this.#label, () => this.#stream.fill());
  }

  /** See {@linkcode EntryStream.settle}. */
  async settle(): Promise<void> {
    await this.#stream.settle();
  }

  /** The file that a hard link stands for. @throws {CorruptDataError} if it leads to none. */
  async resolve(link: PxarEntry): Promise<PxarEntry> {
    return await named(this.#label, async () => {
      const { index, cache, cryptMode, source } = this.#chunks;
      const isEncrypted = cryptMode === "encrypt";
      const accessor = await (this.#accessor ??= PxarAccessor.open(
        new CachedStream(index, cache, isEncrypted, { source }),
      ));
      return (await accessor.resolve({ entry: link, end: 0, pathLength: 0 })).entry;
    });
  }
}
