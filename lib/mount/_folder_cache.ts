import type { PxarAccessor, PxarDirectory, PxarListing, PxarNode } from "../pxar/mod.ts";
import { WeighedCache } from "./_weighed_cache.ts";

/** Memory of a folder that was opened: it keeps the front of its table. */
const FOLDER_BYTES = 2048;
const TABLE_FRONT_BYTES = 24 * 1024;
const TABLE_ITEM_BYTES = 24;
/** Listings that wait to be read on; each keeps up to 64 KiB, and 8 bytes per entry. */
const WAITING_LISTINGS = 4;

/** A folder being listed, at one entry of it. */
export interface FolderReading extends Disposable {
  /** The entry that is next; undefined after the last. */
  peek(): Promise<PxarNode | undefined>;
  /** Goes on to the entry after it. */
  take(): void;
}

interface WaitingListing {
  readonly end: number;
  readonly cursor: number;
  readonly next: PxarNode | undefined;
  readonly listing: PxarListing;
}

/** Folders of an archive that were opened last, and their listings that may be read on. */
export class FolderCache {
  readonly #tree: PxarAccessor;
  readonly #folders: WeighedCache<number, Promise<PxarDirectory>>;
  #waiting: WaitingListing[] = [];

  /** @param budget Bytes that folders which were opened may take. */
  constructor(tree: PxarAccessor, budget: number) {
    this.#tree = tree;
    this.#folders = new WeighedCache(budget);
  }

  /** The folder that ends at a position of the archive; opened once, however many ask for it. */
  async open(end: number): Promise<PxarDirectory> {
    const known = this.#folders.get(end);
    if (known !== undefined) return await known;
    const opening = this.#tree.directoryAt(end);
    this.#folders.set(end, opening, FOLDER_BYTES);
    try {
      const folder = await opening;
      const front = Math.min(TABLE_FRONT_BYTES, folder.length * TABLE_ITEM_BYTES);
      this.#folders.set(end, opening, FOLDER_BYTES + front);
      return folder;
    } catch (error) {
      this.#folders.delete(end);
      throw error;
    }
  }

  /**
   * Lists a folder from a position on, where an earlier listing may have stopped; 0 is the start. What
   * it has found by then is kept for the next one, which is the caller's alone until disposed.
   */
  async list(folder: PxarDirectory, cursor: number): Promise<FolderReading> {
    const { end } = folder.node;
    const found = this.#waiting.findIndex((kept) => kept.end === end && kept.cursor === cursor);
    const kept = found < 0 ? undefined : this.#waiting.splice(found, 1)[0];
    const listing = kept?.listing ?? folder.list();
    let next = kept?.next;
    let position = cursor === 0 ? await listing.first() : cursor;
    return {
      peek: async () => next ??= await listing.at(position),
      take: () => {
        position = next!.end;
        next = undefined;
      },
      [Symbol.dispose]: () => {
        if (position >= folder.tablePosition) return listing[Symbol.dispose]();
        this.#waiting.push({ end, cursor: position, next, listing });
        if (this.#waiting.length > WAITING_LISTINGS) {
          this.#waiting.shift()!.listing[Symbol.dispose]();
        }
      },
    };
  }
}
