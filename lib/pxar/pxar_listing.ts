import type { EntryBuilder } from "./_entry_builder.ts";
import { EntryPositions, type PositionMemory, type TablePlace } from "./_entry_positions.ts";
import { RandomItems } from "./_random_items.ts";
import { checkedNode, type PxarNode } from "./pxar_node.ts";
import type { RandomAccess } from "./random_access.ts";

/** A directory whose entries are to be listed. */
export interface ListedDirectory {
  readonly access: RandomAccess;
  /** 1, or 2 for split archives. */
  readonly version: number;
  readonly node: PxarNode;
  /** Position of its ENTRY item. */
  readonly head: number;
  readonly place: TablePlace;
  /** Shared by all directories of the archive. */
  readonly memory: PositionMemory;
}

/**
 * The entries of a directory from any of them on, in stream order; made by `PxarDirectory.list`. Keeps
 * a piece of the stream and, where there are subdirectories, the positions of entries. Calls must not
 * overlap.
 */
export class PxarListing implements Disposable {
  readonly #directory: ListedDirectory;
  readonly #items: RandomItems;
  #positions: EntryPositions | undefined;
  #askedFor = 0;

  /** @param directory Whose entries are wanted. */
  constructor(directory: ListedDirectory) {
    this.#directory = directory;
    this.#items = new RandomItems(directory.access, directory.version);
  }

  /** Position of the first entry, or of the table if there is none. */
  async first(): Promise<number> {
    const { head, place } = this.#directory;
    return (await this.#items.readHead(head, place.goodbye)).end;
  }

  /**
   * The entry at a position: at that of {@linkcode first}, or at the end of the entry before it.
   *
   * @returns undefined after the last one.
   * @throws {CorruptDataError} if no entry of this directory is there.
   */
  async at(position: number): Promise<PxarNode | undefined> {
    const { place: { goodbye }, node: { entry: { depth } } } = this.#directory;
    if (position >= goodbye) return undefined;
    const { entry, end } = await this.#items.readEntry(position, goodbye, depth + 1);
    return this.#node(entry, entry.kind === "directory" ? await this.#after(position) : end);
  }

  /** Keeps no bytes until the next entry is asked for. */
  rest(): void {
    this.#items.rest();
  }

  /** Gives its memory back. */
  [Symbol.dispose](): void {
    this.#positions?.[Symbol.dispose]();
    this.#positions = undefined;
    this.rest();
  }

  /** Start of what follows a subdirectory, which only the table tells. */
  async #after(position: number): Promise<number> {
    const { access, place, memory } = this.#directory;
    if (position < this.#askedFor) {
      this.#positions?.[Symbol.dispose]();
      this.#positions = undefined;
    }
    this.#askedFor = position;
    this.#positions ??= new EntryPositions(access, place, memory);
    return await this.#positions.after(position);
  }

  #node(entry: EntryBuilder, end: number): PxarNode {
    return checkedNode(entry, end, this.#directory.node.pathLength);
  }
}
