import { concatBytes } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { PxarAccessor } from "../pxar/mod.ts";
import type { RecordedExcludes } from "./_recorded_excludes.ts";

const encoder = new TextEncoder();
const SLASH = new Uint8Array([0x2f]);
const CACHE_TAG = encoder.encode("CACHEDIR.TAG");
const GIT_DIRECTORY = encoder.encode(".git");

/**
 * Directories of an archive of whose contents the backup has left something out, as the names in them
 * say. What a target has there may be what was left out.
 */
export class LeftOutPlaces {
  readonly #open: () => Promise<PxarAccessor>;
  readonly #names: readonly Uint8Array[];

  /** @param open Opens the archive, when it is first needed; calls do not overlap. */
  constructor({ filters }: RecordedExcludes, open: () => Promise<PxarAccessor>) {
    this.#open = open;
    this.#names = [
      ...filters.caches ? [CACHE_TAG] : [],
      ...filters.gitignore ? [GIT_DIRECTORY] : [],
      ...filters.ifPresent ?? [],
    ];
  }

  /**
   * Whether a directory is one of them, or too damaged to tell.
   *
   * @param path Without leading slash; empty for the root.
   */
  async has(path: Uint8Array): Promise<boolean> {
    if (this.#names.length === 0) return false;
    try {
      return await this.#find(path);
    } catch (error) {
      if (error instanceof CorruptDataError) return true;
      throw error;
    }
  }

  async #find(path: Uint8Array): Promise<boolean> {
    const tree = await this.#open();
    for (const name of this.#names) {
      const inside = path.length === 0 ? name : concatBytes([path, SLASH, name]);
      if (await tree.lookupPath(inside) !== undefined) return true;
    }
    return false;
  }
}
