import { NotFoundError, UsageError } from "../errors/mod.ts";
import { lookUpArchive, lookUpFile, type ManifestFile } from "../manifest/mod.ts";
import { type ContentRange, PxarAccessor, type PxarNode, type RandomAccess } from "../pxar/mod.ts";
import {
  CachedStream,
  type CheckedSnapshot,
  type ChunkCache,
  ZeroChunks,
  type ZeroStretch,
} from "../reading/mod.ts";
import { parseArchiveName } from "../repository/mod.ts";
import { followPath, type FoundEntry } from "./_follow_path.ts";

/** How to open an {@linkcode ArchiveReader}. */
export interface ArchiveReaderOptions {
  /** Whose manifest was checked. */
  readonly snapshot: CheckedSnapshot;
  /** With or without the server's suffix: `root.pxar`, `disk.img`. */
  readonly name: string;
  /** Shared by all archives of the snapshot, or of several with the same key; stays the caller's. */
  readonly cache: ChunkCache;
  /** Whether chunks are fetched before somebody who reads front to back comes to them. */
  readonly readsAhead?: boolean;
}

/** An archive of a snapshot that is looked into: a tree, or the bytes of an image or a small file. */
export class ArchiveReader {
  readonly #tree: PxarAccessor | undefined;
  readonly #zeros: ZeroChunks | undefined;

  private constructor(
    /** The archive's name in messages. */
    readonly name: string,
    tree: PxarAccessor | undefined,
    /** All bytes of an image or a small file, or the stream of an unsplit file archive. */
    readonly stream: RandomAccess | undefined,
    zeros?: ZeroChunks,
  ) {
    this.#tree = tree;
    this.#zeros = zeros;
  }

  /**
   * Opens an archive; reads its index and, of a tree, its end.
   *
   * @throws {UsageError} if the name's type is unknown, {NotFoundError} if there is no such archive.
   * @throws {CorruptDataError} if its index is damaged or not the one the manifest lists.
   */
  static async open(options: ArchiveReaderOptions): Promise<ArchiveReader> {
    const { snapshot, name, cache, readsAhead = false } = options;
    const { serverName, clientName, kind } = parseArchiveName(name);
    if (kind === "blob") {
      const bytes = await snapshot.readBlob(lookUpFile(snapshot.manifest, serverName));
      return new ArchiveReader(clientName, undefined, new BytesAccess(bytes));
    }
    const open = async (file: ManifestFile) => {
      const isEncrypted = file.cryptMode === "encrypt";
      const index = await snapshot.readIndex(file);
      return {
        stream: new CachedStream(index, cache, isEncrypted, {
          readsAhead,
          source: snapshot.source,
        }),
        zeros: new ZeroChunks(index, isEncrypted ? snapshot.crypt?.idKey : undefined),
      };
    };
    const archive = lookUpArchive(snapshot.manifest, serverName);
    if (archive.form === "split") {
      const metadata = await open(archive.metadata);
      const payload = await open(archive.payload);
      const tree = await PxarAccessor.open(metadata.stream, payload.stream);
      return new ArchiveReader(clientName, tree, undefined, payload.zeros);
    }
    const { stream: whole, zeros } = await open(archive.file);
    const isTree = serverName.endsWith(".pxar.didx");
    return new ArchiveReader(
      clientName,
      isTree ? await PxarAccessor.open(whole) : undefined,
      whole,
      zeros,
    );
  }

  /** Whether it holds a tree of entries. */
  get isTree(): boolean {
    return this.#tree !== undefined;
  }

  /** The entries of a file archive. @throws {UsageError} if the archive is something else. */
  get tree(): PxarAccessor {
    if (this.#tree === undefined) throw new UsageError(`"${this.name}" is not a file archive`);
    return this.#tree;
  }

  /**
   * The entry at a path from the archive's root.
   *
   * @throws {NotFoundError} if there is none, or the path leads upwards.
   */
  async find(path: Uint8Array): Promise<PxarNode> {
    const node = await this.tree.lookupPath(path);
    if (node !== undefined) return node;
    throw new NotFoundError(`"${this.name}" has no entry "${new TextDecoder().decode(path)}"`);
  }

  /**
   * The entry at a path, with symbolic links followed within the archive.
   *
   * @param followsLast Whether a link at the end of the path is followed as well; default true.
   * @throws {NotFoundError} if there is none.
   */
  async follow(path: Uint8Array, followsLast: boolean = true): Promise<FoundEntry> {
    return await followPath(this.tree, path, followsLast);
  }

  /**
   * Stretches that are known to be zeros without reading them, in order; whole chunks.
   *
   * @param start Offset in the stream that contents lie in, which is the image where it is one.
   */
  zerosWithin(start: number, end: number): readonly ZeroStretch[] {
    return this.#zeros?.within(start, end) ?? [];
  }

  /**
   * The entries of a directory, in the order of the archive.
   *
   * @throws {NotFoundError} if the path leads to something else.
   */
  async list(path: Uint8Array): Promise<PxarNode[]> {
    return await Array.fromAsync((await this.tree.directory(await this.find(path))).entries());
  }

  /** Place of a file's content; hard links are followed. */
  async content(node: PxarNode): Promise<ContentRange> {
    const { entry } = await this.tree.resolve(node);
    return await this.tree.content(entry);
  }
}

/** Bytes in memory, read at any place. */
class BytesAccess implements RandomAccess {
  constructor(readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.byteLength;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || offset + length > this.size) {
      return Promise.reject(new RangeError(`nothing lies at ${offset + length}`));
    }
    return Promise.resolve(this.bytes.slice(offset, offset + length));
  }
}
