import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { PxarAccessor, PxarEntry } from "../pxar/mod.ts";

/** The archive itself, for what a list of names does not tell; opened when it is asked. */
export class ArchiveEntries {
  readonly #open: () => Promise<PxarAccessor>;
  #tree: Promise<PxarAccessor> | undefined;

  /** @param open Opens the archive. */
  constructor(open: () => Promise<PxarAccessor>) {
    this.#open = open;
  }

  /** The archive's tree. What failed is tried again. */
  async tree(): Promise<PxarAccessor> {
    try {
      return await (this.#tree ??= this.#open());
    } catch (error) {
      this.#tree = undefined;
      throw error;
    }
  }

  /**
   * The entry at a path.
   *
   * @throws {CorruptDataError} if the archive does not have what the names tell, or is damaged.
   */
  async at(path: Uint8Array): Promise<PxarEntry> {
    const node = await (await this.tree()).lookupPath(path);
    if (node !== undefined) return node.entry;
    throw new CorruptDataError(`the archive has no entry ${quotePath(path)}, its catalog does`);
  }

  /** Target of the symbolic link at a path. @throws {CorruptDataError} if it is none. */
  async linkTarget(path: Uint8Array): Promise<Uint8Array> {
    const { kind, target } = await this.at(path);
    if (kind === "symlink" && target !== undefined) return target;
    throw new CorruptDataError(
      `${quotePath(path)} is no symbolic link in the archive, in its catalog it is`,
    );
  }
}
