import { formatSnapshotPath, type PlacedSnapshot } from "../repository/mod.ts";
import type { IndexedCopy } from "./_open_with_indexes.ts";

/** Snapshots that are open at the same time, each with a connection of its own. */
const MAX_OPEN = 4;
/** Time after which one is closed that nobody used: while it is open it cannot be removed there. */
const IDLE_MS = 60_000;

interface OpenCopy {
  readonly opening: Promise<IndexedCopy>;
  users: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** Snapshots of another repository, opened when they are used, and closed some time after. */
export class OpenCopies implements AsyncDisposable {
  /** By place and path, the one used last at the end. */
  readonly #copies = new Map<string, OpenCopy>();
  readonly #open: (placed: PlacedSnapshot) => Promise<IndexedCopy>;

  constructor(open: (placed: PlacedSnapshot) => Promise<IndexedCopy>) {
    this.#open = open;
  }

  /** Uses a snapshot, which stays open meanwhile. @throws what opening it and `work` throw. */
  async use<T>(placed: PlacedSnapshot, work: (copy: IndexedCopy) => Promise<T>): Promise<T> {
    const key = `${placed.namespace}\0${formatSnapshotPath(placed.snapshot)}`;
    const copy = this.#copies.get(key) ??
      { opening: this.#open(placed), users: 0, idle: undefined };
    this.#copies.delete(key);
    this.#copies.set(key, copy);
    clearTimeout(copy.idle);
    copy.users++;
    try {
      await this.#makeRoom();
      return await work(await this.#opened(key, copy));
    } finally {
      if (--copy.users === 0 && this.#copies.get(key) === copy) {
        copy.idle = setTimeout(() => this.#close(key, copy).catch(() => {}), IDLE_MS);
        // It keeps no process alive.
        Deno.unrefTimer(copy.idle as unknown as number);
      }
    }
  }

  async #opened(key: string, copy: OpenCopy): Promise<IndexedCopy> {
    try {
      return await copy.opening;
    } catch (error) {
      if (this.#copies.get(key) === copy) this.#copies.delete(key);
      throw error;
    }
  }

  async #makeRoom(): Promise<void> {
    for (const [key, copy] of this.#copies) {
      if (this.#copies.size <= MAX_OPEN) return;
      if (copy.users === 0) await this.#close(key, copy);
    }
  }

  async #close(key: string, copy: OpenCopy): Promise<void> {
    clearTimeout(copy.idle);
    this.#copies.delete(key);
    const opened = await copy.opening.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }

  /** Closes all of them; nobody may use one any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const [key, copy] of this.#copies) await this.#close(key, copy);
  }
}
