import { setImmediate } from "node:timers";
import type { NodeId, PageCache } from "../fuse/mod.ts";
import {
  type ContentPlace,
  endOfContent,
  type PxarAccessor,
  type PxarEntry,
  readNearbyContents,
} from "../pxar/mod.ts";
import { ShownFiles } from "./_shown_files.ts";

/** Size up to which a file is small, bytes. */
export const SMALL_FILE_BYTES = 64 * 1024;
/** Files that are put into the page cache after one was read, at first and at most. */
const [FIRST_WINDOW, MAX_WINDOW] = [4, 256];
/** Bytes that are put there in one go, and in all until a reader shows again that it goes on. */
const [MAX_BATCH_BYTES, MAX_AHEAD_BYTES] = [1024 * 1024, 4 * 1024 * 1024];
/** Bytes between two contents that are read along with them. */
const MAX_GAP_BYTES = 32 * 1024;

interface WantedFile extends ContentPlace {
  readonly node: NodeId;
}

/**
 * Puts small files into the kernel's page cache before somebody who reads file after file of a folder,
 * as `tar` and `cp` do, comes to them: a request for each would cost several times as much. As nothing is
 * heard of files that are there, one in the middle is left out each time: when it is asked for, the
 * reader goes on, and twice as many follow.
 */
export class SmallFilesAhead {
  readonly #tree: PxarAccessor;
  readonly #pages: PageCache;
  readonly #nodeOf: (position: number) => NodeId;
  readonly #shown = new ShownFiles();
  #window = FIRST_WINDOW;
  /** Files and bytes that may still be put there. */
  #files = 0;
  #bytes = 0;
  /** Position of the entry that was left out. */
  #leftOut: number | undefined;
  readonly #wanted: WantedFile[] = [];
  #storing: Promise<void> | undefined;

  /** @param nodeOf The node of the entry at a position. */
  constructor(tree: PxarAccessor, pages: PageCache, nodeOf: (position: number) => NodeId) {
    this.#tree = tree;
    this.#pages = pages;
    this.#nodeOf = nodeOf;
  }

  /** Hears of an entry that the kernel is told of, in the order of their positions. */
  show(folder: number, entry: PxarEntry): void {
    if (entry.kind !== "file" || entry.size === 0 || entry.size > SMALL_FILE_BYTES) return;
    const content = entry.payloadOffset < 0 ? entry.contentPosition : entry.payloadOffset;
    this.#shown.add(folder, entry.position, content, entry.size);
  }

  /** Hears that all that was shown of a folder is on its way to the kernel. */
  listed(folder: number): void {
    if (this.#files > 0) this.#wantMore(folder);
  }

  /** Hears that a small file is read from its start. */
  read(position: number): void {
    const place = this.#shown.find(position);
    if (place === undefined) return;
    const { folder, index } = place;
    const before = this.#shown.noteRead(folder, index);
    const next = this.#shown.next(folder);
    if (position !== this.#leftOut) {
      // Asked for before it got there: that says nothing.
      if (before < index && index < next) return;
      if (index !== before + 1) {
        this.#window = FIRST_WINDOW;
        this.#shown.goTo(folder, index + 1);
        return;
      }
    }
    this.#window = Math.min(2 * this.#window, MAX_WINDOW);
    this.#files = this.#window;
    this.#bytes = MAX_AHEAD_BYTES;
    this.#leftOut = undefined;
    this.#shown.goTo(folder, Math.max(next, index + 1));
    this.#wantMore(folder);
  }

  /** Settles once nothing is on its way to the page cache. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  /** Settles once nothing is read any more. */
  async idle(): Promise<void> {
    this.#wanted.length = 0;
    this.#files = 0;
    await this.#storing;
  }

  #wantMore(folder: number): void {
    while (this.#files > 0 && this.#bytes > 0) {
      const file = this.#shown.take(folder);
      if (file === undefined) break;
      if (this.#leftOut === undefined && this.#files <= this.#window / 2) {
        this.#leftOut = file.position;
        continue;
      }
      const { position, content, size } = file;
      this.#wanted.push({ node: this.#nodeOf(position), position: content, size });
      this.#files--;
      this.#bytes -= size;
    }
    if (this.#wanted.length > 0) this.#storing ??= this.#store();
  }

  async #store(): Promise<void> {
    try {
      // The kernel takes nothing of files that it has not yet been told of.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      while (this.#wanted.length > 0) {
        const batch = this.#takeBatch();
        const { bytes, starts } = await readNearbyContents(this.#tree, batch);
        const pieces = batch.flatMap(({ node, size }, at) => {
          const start = starts[at];
          return start === undefined ? [] : [{ node, offset: 0, start, length: size }];
        });
        await this.#pages.store(bytes, pieces);
      }
    } catch {
      // Whoever reads them hears why it does not work.
      this.#wanted.length = 0;
      this.#files = 0;
    } finally {
      this.#storing = undefined;
    }
  }

  /** Files at the head of those wanted that lie one behind the other. */
  #takeBatch(): WantedFile[] {
    const isSplit = this.#tree.payload !== undefined;
    const first = this.#wanted[0]!;
    let end = endOfContent(first, isSplit);
    let count = 1;
    for (; count < this.#wanted.length; count++) {
      const next = this.#wanted[count]!;
      if (next.position < end || next.position > end + MAX_GAP_BYTES) break;
      const nextEnd = endOfContent(next, isSplit);
      if (nextEnd - first.position > MAX_BATCH_BYTES) break;
      end = nextEnd;
    }
    return this.#wanted.splice(0, count);
  }
}
