import { ArchiveReader } from "../browse/mod.ts";
import { CatalogReader } from "../catalog/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { KeyError, NotFoundError } from "../errors/mod.ts";
import { lookUpArchive, type ManifestFile } from "../manifest/mod.ts";
import type { PxarDirectory, PxarNode } from "../pxar/mod.ts";
import { CachedStream, CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { CATALOG_NAME, type SnapshotSource } from "../repository/mod.ts";
import { PageError } from "./_refusal.ts";

/** Archives of a snapshot that stay open. */
const MAX_ARCHIVES = 16;
/** Folders whose entries' places are known. */
const MAX_FOLDERS = 4;
/** Entries of a folder that can be shown; their places take 8 bytes each. */
const MAX_ENTRIES = 2_000_000;

/** A folder, and where its entries are. */
export interface OpenedFolder {
  readonly directory: PxarDirectory;
  readonly positions: Float64Array;
}

/** A snapshot that is looked into: what was opened of it stays open. */
export class OpenedSnapshot implements AsyncDisposable {
  readonly #source: SnapshotSource;
  readonly #cache: ChunkCache;
  readonly #keyAdvice: string;
  readonly #archives = new Map<string, Promise<ArchiveReader>>();
  readonly #folders = new Map<string, Promise<OpenedFolder>>();
  #catalog: Promise<CatalogReader | undefined> | undefined;

  private constructor(
    readonly checked: CheckedSnapshot,
    source: SnapshotSource,
    cache: ChunkCache,
    keyAdvice: string,
  ) {
    this.#source = source;
    this.#cache = cache;
    this.#keyAdvice = keyAdvice;
  }

  /**
   * Opens a snapshot.
   *
   * @param source Is closed with it, and if it cannot be opened.
   * @param keyAdvice What to say of contents whose key is not here.
   * @param keptBytes Decoded chunks that stay in memory.
   */
  static async open(
    source: SnapshotSource,
    crypt: CryptConfig | undefined,
    keyAdvice: string,
    keptBytes: number,
  ): Promise<OpenedSnapshot> {
    await using stack = new AsyncDisposableStack();
    stack.use(source);
    const { checked, problem = keyAdvice } = await openChecked(source, crypt);
    const cache = stack.use(new ChunkCache(source, checked.crypt, keptBytes));
    stack.move();
    return new OpenedSnapshot(checked, source, cache, problem);
  }

  /**
   * An archive by its name.
   *
   * @throws {PageError} with `encrypted` if its key is not here.
   */
  async archive(name: string): Promise<ArchiveReader> {
    for (const file of this.filesOf(name)) this.requireKey(file);
    return await remembered(
      this.#archives,
      name,
      MAX_ARCHIVES,
      () => ArchiveReader.open({ snapshot: this.checked, name, cache: this.#cache }),
    );
  }

  /** The files that an archive consists of. @throws {NotFoundError} if there is none. */
  filesOf(name: string): ManifestFile[] {
    const archive = lookUpArchive(this.checked.manifest, name);
    return archive.form === "split" ? [archive.metadata, archive.payload] : [archive.file];
  }

  /** Why a file cannot be looked into; undefined if it can. */
  whyUnreadable({ cryptMode }: ManifestFile): string | undefined {
    if (cryptMode !== "encrypt" || this.checked.crypt !== undefined) return undefined;
    return this.#keyAdvice;
  }

  /** @throws {PageError} with `encrypted` if the key of a file is not here. */
  requireKey(file: ManifestFile): void {
    const reason = this.whyUnreadable(file);
    if (reason !== undefined) throw new PageError("encrypted", reason);
  }

  /** A folder of an archive, with the places of all its entries. */
  async folder(archive: string, node: PxarNode): Promise<OpenedFolder> {
    const { tree } = await this.archive(archive);
    return await remembered(
      this.#folders,
      `${archive}\0${node.entry.position}`,
      MAX_FOLDERS,
      async () => {
        const directory = await tree.directory(node);
        return { directory, positions: await directory.positions(MAX_ENTRIES) };
      },
    );
  }

  /** The catalog; undefined if the snapshot has none. */
  async catalog(): Promise<CatalogReader | undefined> {
    const opening = this.#catalog ??= this.#openCatalog();
    opening.catch(() => this.#catalog = undefined);
    return await opening;
  }

  async #openCatalog(): Promise<CatalogReader | undefined> {
    const file = this.checked.manifest.files.find(({ filename }) => filename === CATALOG_NAME);
    if (file === undefined) return undefined;
    this.requireKey(file);
    const index = await this.checked.readIndex(file);
    const isEncrypted = file.cryptMode === "encrypt";
    return await CatalogReader.open(new CachedStream(index, this.#cache, isEncrypted));
  }

  /** Ends all reading. Nothing may be under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cache[Symbol.dispose]();
    await this.#source[Symbol.asyncDispose]();
  }
}

/**
 * Snapshots made with another key, or with one when none is here, can be looked at as far as they are
 * not encrypted: the lists of a server show as much.
 */
async function openChecked(
  source: SnapshotSource,
  crypt: CryptConfig | undefined,
): Promise<{ readonly checked: CheckedSnapshot; readonly problem?: string }> {
  try {
    return { checked: await CheckedSnapshot.open(source, crypt, "", { log: () => {} }) };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    const checked = await CheckedSnapshot.openWithoutKey(source);
    return { checked, ...(crypt === undefined ? {} : { problem: error.message }) };
  }
}

/** Makes something once; the ones used last are kept. What failed is tried again. */
async function remembered<T>(
  kept: Map<string, Promise<T>>,
  key: string,
  most: number,
  make: () => Promise<T>,
): Promise<T> {
  let making = kept.get(key);
  if (making === undefined) {
    making = make();
    making.catch(() => kept.get(key) === making && kept.delete(key));
  } else kept.delete(key);
  kept.set(key, making);
  for (const [oldest] of kept) {
    if (kept.size <= most) break;
    kept.delete(oldest);
  }
  return await making;
}

/** The entry at a path. @throws {NotFoundError} if there is none. */
export async function findEntry(reader: ArchiveReader, path: Uint8Array): Promise<PxarNode> {
  const node = await reader.tree.lookupPath(path);
  if (node === undefined) throw new NotFoundError("there is no such entry in the archive");
  return node;
}
