import { bytesEqual } from "../bytes/mod.ts";
import { CatalogReader } from "../catalog/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { PxarDirectory, RandomAccess } from "../pxar/mod.ts";
import { joinNames } from "./_join_names.ts";

/** Entries of a catalog that are looked at in all, whatever is lost. */
const MAX_ENTRIES = 4_000_000;

/** Reader of a catalog that tells the names of entries that an archive has lost. */
export class LostNames {
  #entriesLeft = MAX_ENTRIES;
  #reader: Promise<CatalogReader | undefined> | undefined;

  /**
   * @param archive Server name of the archive.
   * @param open Opens the catalog of its snapshot; undefined if there is none.
   */
  constructor(
    private readonly archive: string,
    private readonly open: () => Promise<RandomAccess | undefined>,
  ) {}

  /**
   * Names of entries of a directory, by their positions. A catalog that is damaged tells what it can.
   *
   * @param path Names from the root to the directory.
   */
  async of(
    path: readonly Uint8Array[],
    directory: PxarDirectory,
    positions: readonly number[],
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const names = new Map<number, Uint8Array>();
    const wanted = new Set(positions);
    try {
      for await (const name of this.#namesIn(path)) {
        if (wanted.size === 0) break;
        for (const position of await directory.positionsOf(name)) {
          if (wanted.delete(position)) names.set(position, name);
        }
      }
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
    return names;
  }

  /**
   * Tells the names of what follows an entry in a directory.
   *
   * @param path Names from the root to the directory.
   * @param last Name of the entry; undefined for everything in the directory.
   * @returns Whether the catalog knew the entry, and all that follows.
   */
  async after(
    path: readonly Uint8Array[],
    last: Uint8Array | undefined,
    tell: (name: Uint8Array) => void,
  ): Promise<boolean> {
    try {
      let follows = last === undefined;
      for await (const name of this.#namesIn(path)) {
        if (follows) tell(name);
        else follows = bytesEqual(name, last!);
      }
      return follows;
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return false;
    }
  }

  /** @throws {CorruptDataError} if the catalog does not tell all of them. */
  async *#namesIn(path: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    const reader = await (this.#reader ??= this.#open());
    const archive = new TextEncoder().encode(this.archive);
    const entry = await reader?.lookup(joinNames([archive, ...path]));
    if (reader === undefined || entry?.type !== "d") {
      throw new CorruptDataError("catalog: it does not know the directory");
    }
    for await (const { name } of reader.entries(entry)) {
      if (this.#entriesLeft-- <= 0) throw new CorruptDataError("catalog: it is too large");
      if (isPlainName(name)) yield name.slice();
    }
  }

  async #open(): Promise<CatalogReader | undefined> {
    const access = await this.open();
    return access && await CatalogReader.open(access);
  }
}

/** The catalog comes from outside as well: no name of it may lead elsewhere. */
function isPlainName(name: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(name);
  return text !== "" && text !== "." && text !== ".." && !/[/\0]/.test(text);
}
