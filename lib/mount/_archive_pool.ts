import { ArchiveFileSystem, type ArchiveMemory } from "./archive_file_system.ts";
import type { OpenedArchive } from "./opened_archive.ts";

/** Memory of each open archive, beside chunks, which all share, and indexes. */
const MEMORY: ArchiveMemory = { folderBytes: 2 * 1024 * 1024, entryBytes: 3 * 1024 * 1024 };
/** Bytes of indexes and small files that may stay open; one alone may have more. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
/** Failures that are remembered. */
const MAX_FAILURES = 256;

/** Bounds of an {@linkcode ArchivePool}. */
export interface PoolLimits {
  /** Archives that are open at a time. */
  readonly maxOpen: number;
  /** Time after which an archive that nobody uses is closed. */
  readonly idleMs: number;
  /** Time for which an archive that could not be opened is not tried again. */
  readonly retryMs: number;
}

/** An archive that is open; `tree` shows its entries if it has any. */
export interface PooledArchive {
  readonly opened: OpenedArchive;
  readonly tree: ArchiveFileSystem | undefined;
}

interface Place {
  readonly opening: Promise<PooledArchive>;
  users: number;
  sizeInMemory: number;
  lastUseMs: number;
}

/** Archives that are opened when they are used and closed some time after, few at a time. */
export class ArchivePool implements AsyncDisposable {
  readonly #limits: PoolLimits;
  /** The one used last at the end. */
  readonly #places = new Map<string, Place>();
  readonly #failures = new Map<string, { readonly error: unknown; readonly endMs: number }>();
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  /** Number of archives that are open. */
  get size(): number {
    return this.#places.size;
  }

  /**
   * Uses an archive, for which it is open.
   *
   * @param key Tells it from all others.
   * @param open Opens it; not called if it is open, or failed a moment ago.
   */
  async use<T>(
    key: string,
    open: () => Promise<OpenedArchive>,
    work: (archive: PooledArchive) => Promise<T>,
  ): Promise<T> {
    const place = await this.#enter(key, open);
    try {
      return await work(await place.opening);
    } finally {
      place.users--;
      place.lastUseMs = performance.now();
      if (place.users === 0) this.#left();
    }
  }

  /** Closes all archives, also those in use: what waits for a server fails, and is waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const places = [...this.#places.values()];
    await Promise.allSettled(places.map(async ({ opening }) => {
      const { opened, tree } = await opening;
      // What waits for a server only ends when the connection does.
      await Promise.all([tree?.idle(), opened[Symbol.asyncDispose]()]);
    }));
    this.#places.clear();
    this.#wake();
    while (places.some(({ users }) => users > 0)) await this.#change();
  }

  async #enter(key: string, open: () => Promise<OpenedArchive>): Promise<Place> {
    for (;;) {
      if (this.#isClosed) throw new Error("the mount has ended");
      const known = this.#places.get(key);
      if (known !== undefined) {
        this.#places.delete(key);
        this.#places.set(key, known);
        known.users++;
        return known;
      }
      if (this.#places.size < this.#limits.maxOpen) return this.#open(key, open);
      // Who waits is many: each looks again at what has become free.
      if (!await this.#closeOldest()) await this.#change();
    }
  }

  #open(key: string, open: () => Promise<OpenedArchive>): Place {
    const failure = this.#failures.get(key);
    if (failure !== undefined && failure.endMs > performance.now()) throw failure.error;
    const opening = openTree(open);
    const place: Place = { opening, users: 1, sizeInMemory: 0, lastUseMs: performance.now() };
    this.#places.set(key, place);
    opening.then(
      ({ opened }) => {
        place.sizeInMemory = opened.sizeInMemory;
        this.#failures.delete(key);
        this.#watch();
      },
      (error) => {
        this.#places.delete(key);
        this.#remember(key, error);
        this.#wake();
      },
    );
    return place;
  }

  #remember(key: string, error: unknown): void {
    this.#failures.delete(key);
    this.#failures.set(key, { error, endMs: performance.now() + this.#limits.retryMs });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_FAILURES) return;
      this.#failures.delete(oldest);
    }
  }

  #left(): void {
    let bytes = 0;
    for (const { sizeInMemory } of this.#places.values()) bytes += sizeInMemory;
    if (bytes > MAX_INDEX_BYTES && this.#places.size > 1) this.#closeOldest();
    this.#wake();
  }

  /** Closes the archive that was not used for the longest time. @returns Whether there was one. */
  async #closeOldest(): Promise<boolean> {
    for (const [key, place] of this.#places) {
      if (place.users > 0) continue;
      await this.#close(key, place);
      return true;
    }
    return false;
  }

  async #close(key: string, place: Place): Promise<void> {
    this.#places.delete(key);
    const { opened, tree } = await place.opening;
    try {
      await tree?.idle();
      await opened[Symbol.asyncDispose]();
    } catch {
      // The connection is broken; there is nothing to keep.
    }
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Closes what nobody has used for a while, as long as anything is open. */
  #watch(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const latest = performance.now() - this.#limits.idleMs;
      for (const [key, place] of this.#places) {
        if (place.users === 0 && place.lastUseMs <= latest) this.#close(key, place);
      }
      if (this.#places.size > 0) this.#watch();
    }, Math.max(50, this.#limits.idleMs / 4));
  }
}

async function openTree(open: () => Promise<OpenedArchive>): Promise<PooledArchive> {
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await open());
  const { reader } = opened;
  const tree = reader.isTree ? new ArchiveFileSystem(reader.tree, MEMORY) : undefined;
  stack.move();
  return { opened, tree };
}
