import { ChunkDecoder } from "../chunking/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import {
  type ContentRange,
  PxarAccessor,
  type PxarDirectory,
  type PxarEntry,
} from "../pxar/mod.ts";
import { type CheckedSnapshot, ChunkAccess } from "../reading/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";
import { LostNames } from "./_lost_names.ts";
import type { LinkedFile, LinkedFiles } from "./linked_files.ts";

/**
 * The archive of a sequential restore at any place: for hard links whose target it has passed over
 * (spec: pxar.md §6.4), and for goodbye tables. Nothing is read before it is asked for.
 */
export class LinkedContent implements LinkedFiles {
  readonly #snapshot: CheckedSnapshot;
  readonly #archive: ManifestArchive;
  readonly #resources = new DisposableStack();
  #decoder: ChunkDecoder | undefined;
  #stream: Promise<ChunkAccess> | undefined;
  #tree: Promise<PxarAccessor> | undefined;
  #whole: Promise<PxarAccessor> | undefined;
  #names: LostNames | undefined;

  constructor(snapshot: CheckedSnapshot, archive: ManifestArchive) {
    this.#snapshot = snapshot;
    this.#archive = archive;
  }

  /** The entries; of a split archive without contents. Calls must not overlap. */
  async tree(): Promise<PxarAccessor> {
    return await (this.#tree ??= this.#openTree());
  }

  /** @throws {CorruptDataError} if the link leads nowhere, or the archive is damaged there. */
  async find(link: PxarEntry): Promise<LinkedFile> {
    const accessor = await this.whole();
    const { entry } = await accessor.resolve({ entry: link, end: 0, pathLength: 0 });
    return { entry, content: await accessor.content(entry) };
  }

  /** Finds the content of a file. @throws {CorruptDataError} if the archive is damaged there. */
  async contentOf(file: PxarEntry): Promise<ContentRange> {
    return await (await this.whole()).content(file);
  }

  /** The entries with their contents. Calls must not overlap. */
  async whole(): Promise<PxarAccessor> {
    return await (this.#whole ??= this.#openWhole());
  }

  async treeWithoutStart(): Promise<PxarAccessor> {
    const archive = this.#archive;
    this.#stream = this.#access(archive.form === "single" ? archive.file : archive.metadata);
    return await PxarAccessor.openLost(await this.#stream, archive.form === "single" ? 1 : 2);
  }

  async namesOf(
    path: readonly Uint8Array[],
    directory: PxarDirectory,
    positions: readonly number[],
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    return await this.#lostNames().of(path, directory, positions);
  }

  async namesAfter(
    path: readonly Uint8Array[],
    last: Uint8Array | undefined,
    tell: (name: Uint8Array) => void,
  ): Promise<boolean> {
    return await this.#lostNames().after(path, last, tell);
  }

  #lostNames(): LostNames {
    const { manifest } = this.#snapshot;
    const archive = this.#archive;
    const name = archive.form === "single" ? archive.file.filename : archive.metadata.filename;
    return this.#names ??= new LostNames(name, async () => {
      const file = manifest.files.find(({ filename }) => filename === CATALOG_NAME);
      return file && await this.#access(file);
    });
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  async #openTree(): Promise<PxarAccessor> {
    const archive = this.#archive;
    this.#stream = this.#access(archive.form === "single" ? archive.file : archive.metadata);
    return await PxarAccessor.open(await this.#stream);
  }

  async #openWhole(): Promise<PxarAccessor> {
    const tree = await this.tree();
    const archive = this.#archive;
    if (archive.form === "single") return tree;
    return await PxarAccessor.open(await this.#stream!, await this.#access(archive.payload));
  }

  async #access(file: ManifestFile): Promise<ChunkAccess> {
    const { crypt, source } = this.#snapshot;
    // One of its own: the restore's may be full of chunks that wait for this.
    this.#decoder ??= this.#resources.use(new ChunkDecoder(crypt === undefined ? {} : { crypt }));
    const index = await this.#snapshot.readIndex(file);
    return this.#resources.use(
      new ChunkAccess(source, index, this.#decoder, file.cryptMode === "encrypt"),
    );
  }
}
