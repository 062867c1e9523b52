import type { PageEntries, PageEntry } from "../../lib/page/page_api.ts";

/** Entries that are asked for at a time. */
export const PAGE_ENTRIES = 500;
/** Pages of entries that are kept; those looked at longest ago are forgotten, and asked for again. */
const KEPT_PAGES = 400;

/** A row of the tree: an entry in its folder, or the place of one that is on its way. */
export interface TreeRow {
  readonly folder: TreeFolder;
  /** Place in the folder. */
  readonly index: number;
  readonly entry?: PageEntry;
  /** The folder that it is, if it is open. */
  readonly opened?: TreeFolder;
}

/** A folder that is open in the tree. */
export interface TreeFolder {
  /** Keys, joined by slashes; empty for the top. */
  readonly path: string;
  /** 0 for the entries of the top. */
  readonly level: number;
  readonly parent?: TreeFolder;
  /** Place in the parent. */
  readonly index: number;
  /** Entries, once it is known. */
  total?: number;
  /** Why its entries cannot be had. */
  problem?: string;
  /** Open folders in it, by their place. */
  readonly opened: Map<number, TreeFolder>;
}

/** Asks for some entries of a folder. */
export type AskEntries = (path: string, offset: number, limit: number) => Promise<PageEntries>;

/** The path of an entry. */
export function pathIn(folder: string, key: string): string {
  return folder === "" ? key : `${folder}/${key}`;
}

/**
 * A tree of which only what is looked at is asked for: folders when they are opened, entries in pages
 * when their rows come into sight. Rows are counted, not listed, so that a folder of a million entries
 * costs what a screen of it costs.
 */
export class TreeModel {
  readonly top: TreeFolder = { path: "", level: 0, index: 0, opened: new Map() };
  readonly #pages = new Map<string, readonly PageEntry[]>();
  readonly #asked = new Map<string, Promise<void>>();

  /**
   * @param ask How entries are asked for.
   * @param onChange Called when there is something new to show.
   */
  constructor(readonly ask: AskEntries, readonly onChange: () => void) {}

  /** Rows of all that is open. */
  get rows(): number {
    return this.#rowsOf(this.top);
  }

  #rowsOf(folder: TreeFolder): number {
    let rows = folder.total ?? 1; // one row says that it is on its way, or why not
    for (const opened of folder.opened.values()) rows += this.#rowsOf(opened);
    return rows;
  }

  /** The row at a place, from 0. */
  rowAt(place: number): TreeRow {
    let [folder, rest] = [this.top, place];
    for (;;) {
      // Rows above that are not entries of this folder itself.
      let inner: TreeFolder | undefined;
      let index = rest;
      for (const opened of [...folder.opened.values()].sort((a, b) => a.index - b.index)) {
        if (index <= opened.index) break;
        const rows = this.#rowsOf(opened);
        if (index <= opened.index + rows) {
          inner = opened;
          index -= opened.index + 1;
          break;
        }
        index -= rows;
      }
      if (inner === undefined) return this.#row(folder, index);
      [folder, rest] = [inner, index];
    }
  }

  #row(folder: TreeFolder, index: number): TreeRow {
    const entry = this.entryAt(folder, index);
    const opened = folder.opened.get(index);
    return {
      folder,
      index,
      ...entry === undefined ? {} : { entry },
      ...opened === undefined ? {} : { opened },
    };
  }

  /** The place of a row. */
  placeOf(folder: TreeFolder, index: number): number {
    let place = index;
    for (const opened of folder.opened.values()) {
      if (opened.index < index) place += this.#rowsOf(opened);
    }
    if (folder.parent === undefined) return place;
    return this.placeOf(folder.parent, folder.index) + 1 + place;
  }

  /** An entry, if it is here. */
  entryAt(folder: TreeFolder, index: number): PageEntry | undefined {
    return this.#pages.get(pageKey(folder, index))?.[index % PAGE_ENTRIES];
  }

  /** Has an entry and those around it brought. */
  async fetch(folder: TreeFolder, index: number): Promise<void> {
    const key = pageKey(folder, index);
    const kept = this.#pages.get(key);
    if (kept !== undefined) {
      this.#pages.delete(key);
      this.#pages.set(key, kept);
      return;
    }
    let request = this.#asked.get(key);
    if (request === undefined) {
      request = this.#fetchPage(folder, index - index % PAGE_ENTRIES, key);
      this.#asked.set(key, request);
    }
    await request;
  }

  async #fetchPage(folder: TreeFolder, offset: number, key: string): Promise<void> {
    try {
      const { total, entries } = await this.ask(folder.path, offset, PAGE_ENTRIES);
      folder.total = total;
      delete folder.problem;
      this.#pages.set(key, entries);
      if (this.#pages.size > KEPT_PAGES) this.#pages.delete(this.#pages.keys().next().value!);
    } catch (cause) {
      folder.problem = cause instanceof Error ? cause.message : String(cause);
    } finally {
      this.#asked.delete(key);
      this.onChange();
    }
  }

  /** Opens a folder, and brings its first entries. */
  async open(folder: TreeFolder, index: number): Promise<TreeFolder | undefined> {
    const entry = this.entryAt(folder, index);
    if (entry?.kind !== "directory") return undefined;
    const known = folder.opened.get(index);
    if (known !== undefined) return known;
    const opened: TreeFolder = {
      path: pathIn(folder.path, entry.key),
      level: folder.level + 1,
      parent: folder,
      index,
      opened: new Map(),
    };
    folder.opened.set(index, opened);
    this.onChange();
    await this.fetch(opened, 0);
    return opened;
  }

  /** Closes a folder. */
  close(folder: TreeFolder, index: number): void {
    if (folder.opened.delete(index)) this.onChange();
  }

  /**
   * Opens all folders that lead to an entry.
   *
   * @returns Where it is; nothing if there is no such entry.
   */
  async reveal(path: string): Promise<{ folder: TreeFolder; index: number } | undefined> {
    let folder = this.top;
    await this.fetch(folder, 0);
    const keys = path.split("/");
    for (const [step, key] of keys.entries()) {
      const index = await this.#find(folder, key);
      if (index === undefined) return undefined;
      if (step === keys.length - 1) return { folder, index };
      const opened = await this.open(folder, index);
      if (opened === undefined) return undefined;
      folder = opened;
    }
    return undefined;
  }

  /** Finds an entry by halving: entries are in the order of their names' bytes. */
  async #find(folder: TreeFolder, key: string): Promise<number | undefined> {
    const wanted = bytesOf(key);
    let [low, high] = [0, folder.total ?? 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entryAt(folder, middle) === undefined) await this.fetch(folder, middle);
      const entry = this.entryAt(folder, middle);
      if (entry === undefined) return undefined;
      const order = compareBytes(bytesOf(entry.key), wanted);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }
}

function pageKey(folder: TreeFolder, index: number): string {
  return `${Math.floor(index / PAGE_ENTRIES)} ${folder.path}`;
}

/** Bytes of a name, one character each, of its key. */
export function bytesOf(key: string): string {
  return atob(key.replaceAll("-", "+").replaceAll("_", "/"));
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
