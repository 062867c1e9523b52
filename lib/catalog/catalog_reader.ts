import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import type { CatalogEntry } from "./catalog_entry.ts";
import {
  CATALOG_MAGIC,
  MAX_DEPTH,
  MAX_PATH_LENGTH,
  MAX_SEARCHED_ENTRIES,
  ROOT_POINTER_SIZE,
} from "./format.ts";
import { BlockCursor } from "./_block_cursor.ts";

/** An entry on a walk through a catalog. */
export interface CatalogVisit {
  readonly entry: CatalogEntry;
  /** Names from the directory of the walk down to the entry; as long as the walk does not go on. */
  readonly path: readonly Uint8Array[];
}

const SLASH = 0x2f;
const MINIMUM_SIZE = CATALOG_MAGIC.byteLength + ROOT_POINTER_SIZE + 1;

/** Reads a catalog block by block (spec: pxar.md §7.5). */
export class CatalogReader {
  readonly #access: RandomAccess;

  private constructor(access: RandomAccess, readonly root: CatalogEntry) {
    this.#access = access;
  }

  /**
   * Opens a catalog.
   *
   * @throws {CorruptDataError} if this is none, or its root pointer leads nowhere.
   */
  static async open(access: RandomAccess): Promise<CatalogReader> {
    const { size } = access;
    if (size < MINIMUM_SIZE) throw new CorruptDataError(`catalog: ${size} bytes are too few`);
    const magic = await access.read(0, CATALOG_MAGIC.byteLength);
    if (!bytesEqual(magic, CATALOG_MAGIC)) throw new CorruptDataError("catalog: wrong magic");
    const pointer = await access.read(size - ROOT_POINTER_SIZE, ROOT_POINTER_SIZE);
    const view = new DataView(pointer.buffer, pointer.byteOffset, pointer.byteLength);
    const block = Number(view.getBigUint64(0, true));
    if (!(block >= CATALOG_MAGIC.byteLength && block < size - ROOT_POINTER_SIZE)) {
      throw new CorruptDataError(`catalog: root pointer ${block} leads out of ${size} bytes`);
    }
    const name = new Uint8Array();
    const blockLimit = size - ROOT_POINTER_SIZE;
    return new CatalogReader(access, { type: "d", name, size: 0, mtimeSecs: 0, block, blockLimit });
  }

  /**
   * The entries of a directory, in the order of the archive; one after the other, however many there
   * are.
   *
   * @throws {CorruptDataError} if its block is damaged, where it is.
   */
  async *entries(directory: CatalogEntry): AsyncGenerator<CatalogEntry> {
    const cursor = await BlockCursor.open(this.#access, directory);
    for (;;) {
      const entry = await cursor.next();
      if (entry === undefined) return;
      yield entry;
    }
  }

  /**
   * The entry of a name in a directory; its other entries are not looked at.
   *
   * @throws {CorruptDataError} if the block is damaged before it.
   */
  async find(directory: CatalogEntry, name: Uint8Array): Promise<CatalogEntry | undefined> {
    const cursor = await BlockCursor.open(this.#access, directory);
    return await cursor.find(name);
  }

  /**
   * Finds an entry by its path, the archive's name first.
   *
   * @param path With or without leading slash; double slashes do not count.
   * @returns The root for an empty path, `undefined` if there is no such entry.
   */
  async lookup(path: Uint8Array): Promise<CatalogEntry | undefined> {
    let entry = this.root;
    let searched = 0;
    for (let start = 0; start < path.byteLength;) {
      const slash = path.indexOf(SLASH, start);
      const end = slash < 0 ? path.byteLength : slash;
      const name = path.subarray(start, end);
      start = end + 1;
      if (name.byteLength === 0) continue;
      if (entry.type !== "d") return undefined;
      const cursor = await BlockCursor.open(this.#access, entry);
      searched += await cursor.count();
      if (searched > MAX_SEARCHED_ENTRIES) {
        throw new CorruptDataError(
          `catalog: block at ${entry.block} makes ${searched} entries to search through, too many`,
        );
      }
      const found = await cursor.find(name);
      if (found === undefined) return undefined;
      entry = found;
    }
    return entry;
  }

  /**
   * All entries, depth first, parents before children: the order of a dump. The directory that it
   * begins with is not among them.
   *
   * @param enter Whether to go into a directory.
   * @param from Directory to begin with; the root if absent.
   * @throws {CorruptDataError} on damage, also if directories are listed more than once.
   */
  async *walk(
    enter: (visit: CatalogVisit) => boolean = () => true,
    from: CatalogEntry = this.root,
  ): AsyncGenerator<CatalogVisit> {
    const stack = [await BlockCursor.open(this.#access, from)];
    const path: Uint8Array[] = [];
    let pathLength = 0;
    // In a proper catalog every block belongs to one directory, so all of them fit into its size.
    let blockBytes = 0;
    while (stack.length > 0) {
      const cursor = stack.at(-1)!;
      const entry = await cursor.next();
      if (entry === undefined) {
        stack.pop();
        const left = path.pop();
        if (left !== undefined) pathLength -= left.byteLength + 1;
        continue;
      }
      path.push(entry.name);
      const visit = { entry, path };
      yield visit;
      if (entry.type !== "d" || !enter(visit)) {
        path.pop();
        continue;
      }
      pathLength += entry.name.byteLength + 1;
      if (stack.length > MAX_DEPTH || pathLength > MAX_PATH_LENGTH) {
        throw new CorruptDataError("catalog: directories are nested too deeply");
      }
      const block = await BlockCursor.open(this.#access, entry);
      blockBytes += block.byteLength;
      if (blockBytes > this.#access.size) {
        throw new CorruptDataError("catalog: directories are listed more than once");
      }
      cursor.rest();
      stack.push(block);
    }
  }
}
