import { compareBytes } from "../bytes/mod.ts";
import type { ExistingEntry, TreeStream } from "../fs/mod.ts";

/** Told of what a target has and the archive does not. */
export interface ExtraListener {
  /**
   * An entry that the archive does not have; after what is in it.
   *
   * @param path Names below the directory at hand.
   * @param inside What is in it, told before; -1 if something of that stays.
   * @returns Whether it is gone.
   */
  extra(entry: ExistingEntry, path: readonly Uint8Array[], inside: number): boolean;
  /** Called after each of them; waits where too much is collected. */
  rest(): Promise<void> | undefined;
}

/**
 * The target of a restore as it is found, led along the archive. Both are in the order of name bytes;
 * where an archive is not, its entries are taken for new ones, which they may overwrite.
 */
export class ExistingTree {
  readonly #stream: TreeStream;
  readonly #listener: ExtraListener;
  /** For each directory the archive is in: whether the walk is in it as well. */
  readonly #walked: boolean[] = [];

  /** @param stream Stays the caller's. */
  constructor(stream: TreeStream, listener: ExtraListener) {
    this.#stream = stream;
    this.#listener = listener;
  }

  /** The root of the target; to be asked for first. */
  async root(): Promise<ExistingEntry> {
    const event = await this.#stream.peek();
    this.#stream.take();
    if (typeof event === "string") throw new Error("a walk begins with its root");
    return event;
  }

  /**
   * Looks for an entry of the directory at hand; tells of those before it. If it is a directory,
   * {@linkcode enter} or {@linkcode passOver} has to be called next.
   */
  async find(name: Uint8Array): Promise<ExistingEntry | undefined> {
    if (!this.#walked.at(-1)) return undefined;
    for (;;) {
      const event = this.#stream.waiting ?? await this.#stream.peek();
      if (typeof event === "string") return undefined;
      const order = compareBytes(event.name, name);
      if (order > 0) return undefined;
      this.#stream.take();
      if (order === 0) return event;
      await this.#tellExtra(event);
    }
  }

  /** The archive enters a directory. @param exists Whether {@linkcode find} has found it. */
  enter(exists: boolean): void {
    this.#walked.push(exists);
  }

  /** The archive leaves a directory; tells of what is left in it. */
  async leave(): Promise<void> {
    if (!this.#walked.at(-1)) {
      this.#walked.pop();
      return;
    }
    for (;;) {
      const event = this.#stream.waiting ?? await this.#stream.peek();
      if (typeof event === "string") break;
      this.#stream.take();
      await this.#tellExtra(event);
    }
    this.#stream.take();
    this.#walked.pop();
  }

  /**
   * Tells of what is in a directory that was found where the archive has something else.
   *
   * @returns Whether nothing stays in it.
   */
  async passOver(directory: ExistingEntry): Promise<boolean> {
    return await this.#passThrough(directory, [directory.name]) >= 0;
  }

  async #tellExtra(entry: ExistingEntry): Promise<void> {
    const path = [entry.name];
    const inside = entry.kind === "directory" ? await this.#passThrough(entry, path) : 0;
    this.#listener.extra(entry, path, inside);
    await this.#listener.rest();
  }

  /** @returns How many entries the directory had; -1 if something stays in it. */
  async #passThrough(directory: ExistingEntry, path: Uint8Array[]): Promise<number> {
    // What is mounted stays, and nobody is told of what is in it.
    const open: { entry: ExistingEntry; gone: number; stays: boolean; isMounted: boolean }[] = [
      { entry: directory, gone: 0, stays: false, isMounted: directory.isMountPoint },
    ];
    for (;;) {
      const event = this.#stream.waiting ?? await this.#stream.peek();
      if (event !== "end") this.#stream.take();
      if (typeof event === "string") {
        const { entry, gone, stays, isMounted } = open.pop()!;
        const parent = open.at(-1);
        const inside = stays || isMounted ? -1 : gone;
        if (parent === undefined) return inside;
        const goes = !parent.isMounted && this.#listener.extra(entry, path, inside);
        if (goes) parent.gone++;
        else parent.stays = true;
        path.pop();
      } else {
        path.push(event.name);
        const parent = open.at(-1)!;
        if (event.kind === "directory") {
          const isMounted = parent.isMounted || event.isMountPoint;
          open.push({ entry: event, gone: 0, stays: false, isMounted });
          continue;
        }
        const goes = !parent.isMounted && this.#listener.extra(event, path, 0);
        if (goes) parent.gone++;
        else parent.stays = true;
        path.pop();
      }
      await this.#listener.rest();
    }
  }
}
