import { ChunkDecoder } from "../chunking/mod.ts";
import type { ManifestArchive, ManifestFile } from "../manifest/mod.ts";
import { type ContentRange, PxarAccessor, type PxarEntry } from "../pxar/mod.ts";
import { type CheckedSnapshot, ChunkAccess } from "../reading/mod.ts";

/** A file found through a hard link. */
export interface LinkedFile {
  readonly entry: PxarEntry;
  readonly content: ContentRange;
}

/**
 * Finds what hard links lead to, for links whose target a sequential restore has passed over
 * (spec: pxar.md §6.4). Nothing is read before the first one is asked for.
 */
export class LinkedContent implements Disposable {
  readonly #snapshot: CheckedSnapshot;
  readonly #archive: ManifestArchive;
  readonly #resources = new DisposableStack();
  #accessor: Promise<PxarAccessor> | undefined;

  constructor(snapshot: CheckedSnapshot, archive: ManifestArchive) {
    this.#snapshot = snapshot;
    this.#archive = archive;
  }

  /** @throws {CorruptDataError} if the link leads nowhere, or the archive is damaged there. */
  async find(link: PxarEntry): Promise<LinkedFile> {
    const accessor = await (this.#accessor ??= this.#open());
    const { entry } = await accessor.resolve({ entry: link, end: 0, pathLength: 0 });
    return { entry, content: await accessor.content(entry) };
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  async #open(): Promise<PxarAccessor> {
    const { crypt, source } = this.#snapshot;
    // One of its own: the restore's may be full of chunks that wait for this.
    const decoder = this.#resources.use(new ChunkDecoder(crypt === undefined ? {} : { crypt }));
    const access = async (file: ManifestFile) => {
      const index = await this.#snapshot.readIndex(file);
      return this.#resources.use(
        new ChunkAccess(source, index, decoder, file.cryptMode === "encrypt"),
      );
    };
    const archive = this.#archive;
    return archive.form === "single"
      ? await PxarAccessor.open(await access(archive.file))
      : await PxarAccessor.open(await access(archive.metadata), await access(archive.payload));
  }
}
