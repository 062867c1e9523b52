/** Files and folders that are remembered; of a larger folder its front. */
const [MAX_FILES, MAX_FOLDERS] = [120_000, 512];

/** A file that was shown. */
export interface ShownFile {
  /** Of its entry. */
  readonly position: number;
  /** Of its content. */
  readonly content: number;
  /** Bytes. */
  readonly size: number;
}

interface Folder {
  readonly positions: number[];
  readonly contents: number[];
  readonly sizes: number[];
  lastRead: number;
  next: number;
}

/** Small files of the folders that were listed last, in the order in which they were shown. */
export class ShownFiles {
  /** By their ends in the archive, the one that was listed last at the end. */
  readonly #folders = new Map<number, Folder>();
  #count = 0;
  /** End of the folder in which the last file was found. */
  #found = -1;

  /** Notes a file that is shown. A position before that of the last one begins the folder anew. */
  add(end: number, position: number, content: number, size: number): void {
    let folder = this.#folders.get(end);
    if (folder === undefined || position <= folder.positions.at(-1)!) {
      if (folder !== undefined) this.#drop(end, folder);
      folder = { positions: [], contents: [], sizes: [], lastRead: -1, next: 0 };
      this.#folders.set(end, folder);
    }
    if (this.#count >= MAX_FILES || this.#folders.size > MAX_FOLDERS) this.#dropOldest(end);
    if (this.#count >= MAX_FILES) return;
    folder.positions.push(position);
    folder.contents.push(content);
    folder.sizes.push(size);
    this.#count++;
  }

  /** Place of a file among those of its folder; undefined if it is not remembered. */
  find(position: number): { readonly folder: number; readonly index: number } | undefined {
    const likely = this.#folders.get(this.#found);
    if (likely !== undefined) {
      const index = indexOf(likely.positions, position);
      if (index >= 0) return { folder: this.#found, index };
    }
    for (const [end, { positions }] of this.#folders) {
      const index = indexOf(positions, position);
      if (index < 0) continue;
      this.#found = end;
      return { folder: end, index };
    }
    return undefined;
  }

  /** Notes that a file is read. @returns Index of the one that was read before it, -1 if there is none. */
  noteRead(end: number, index: number): number {
    const folder = this.#folders.get(end)!;
    const before = folder.lastRead;
    folder.lastRead = index;
    return before;
  }

  /** Index of the file that {@linkcode take} gives next. */
  next(end: number): number {
    return this.#folders.get(end)?.next ?? 0;
  }

  /** Lets {@linkcode take} go on at an index. */
  goTo(end: number, index: number): void {
    this.#folders.get(end)!.next = index;
  }

  /** The next file of a folder; undefined after the last. */
  take(end: number): ShownFile | undefined {
    const folder = this.#folders.get(end);
    if (folder === undefined || folder.next >= folder.positions.length) return undefined;
    const at = folder.next++;
    return {
      position: folder.positions[at]!,
      content: folder.contents[at]!,
      size: folder.sizes[at]!,
    };
  }

  #dropOldest(but: number): void {
    for (const [end, folder] of this.#folders) {
      if (end === but) continue;
      this.#drop(end, folder);
      return;
    }
  }

  #drop(end: number, { positions }: Folder): void {
    this.#count -= positions.length;
    this.#folders.delete(end);
  }
}

/** Index of a number in a sorted list, negative if it is not there. */
function indexOf(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle]!;
    if (value === wanted) return middle;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
