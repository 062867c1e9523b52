import { DigestSet, SET_BYTES_PER_DIGEST } from "./digest_set.ts";
import { PARTITION_DIGITS } from "./format.ts";
import type { ReferencedDigests } from "./referenced_digests.ts";
import type { SpillFile } from "./_spill_file.ts";
import { type DigestRange, loadWindow, rangeOf, Window } from "./_window.ts";

/** How windows are shared. */
interface WindowOptions {
  /** Hex digits of a unit. */
  readonly digits: number;
  /** Units that are open at the same time. */
  readonly parallel: number;
  readonly onMissing: (digest: Uint8Array) => void;
}

/** Windows that the listing of one unit goes through, in the order of the digests. */
export interface UnitWindows extends Disposable {
  readonly current: Window;
  /** Goes on to the next window. */
  advance(): void;
  /** Goes through those that are left, and tells what was not listed. */
  finish(): void;
}

/** A window that several units share; none if the digests of its range do not fit. */
interface SharedWindow {
  window: Window | undefined;
  /** Units that are to come or open. */
  users: number;
}

/** Fewer digests than this are never loaded at a time. */
const LEAST_DIGESTS = 64;

/**
 * The windows of all units. Neighbouring units share one, so that each partition is read once. A
 * partition that does not fit, because somebody made digests that begin alike, is gone through part by
 * part, one unit at a time.
 */
export class PageWindows {
  readonly #options: WindowOptions;
  readonly #spill: SpillFile | undefined;
  readonly #whole: Window | undefined;
  readonly #capacity: number;
  readonly #shared = new Map<string, SharedWindow>();
  readonly #free: DigestSet[] = [];
  /** Settles when the last unit that goes part by part, or waits for it, is done. */
  #turn: Promise<void> = Promise.resolve();

  constructor(digests: ReferencedDigests, options: WindowOptions) {
    this.#options = options;
    this.#spill = digests.spill;
    if (this.#spill === undefined) this.#whole = new Window(digests.set, undefined, true);
    // One more where units change over, and one for parts.
    const windows = Math.ceil(options.parallel / this.#unitsPerWindow) + 2;
    const fitting = Math.floor(digests.budgetBytes / windows / SET_BYTES_PER_DIGEST);
    this.#capacity = Math.max(fitting, LEAST_DIGESTS);
  }

  /** The windows of a unit; units are opened in order. */
  async open(prefix: string): Promise<UnitWindows> {
    if (this.#whole !== undefined) return new OneWindow(this.#whole, () => {});
    const shared = this.#share(prefix.slice(0, PARTITION_DIGITS));
    if (shared.window === undefined) return await this.#openParts(prefix);
    return new OneWindow(shared.window, () => this.#leave(prefix));
  }

  /** Tells of what was not listed if all was in memory. */
  close(): void {
    if (this.#whole !== undefined) this.#report(this.#whole);
  }

  get #unitsPerWindow(): number {
    return 16 ** Math.max(this.#options.digits - PARTITION_DIGITS, 0);
  }

  #share(group: string): SharedWindow {
    let shared = this.#shared.get(group);
    if (shared === undefined) {
      const window = this.#load(rangeOf(group));
      shared = { window: window.isWhole ? window : undefined, users: this.#unitsPerWindow };
      this.#shared.set(group, shared);
    }
    return shared;
  }

  #leave(prefix: string): void {
    const group = prefix.slice(0, PARTITION_DIGITS);
    const shared = this.#shared.get(group)!;
    if (--shared.users > 0) return;
    this.#shared.delete(group);
    if (shared.window !== undefined) this.#report(shared.window);
  }

  async #openParts(prefix: string): Promise<UnitWindows> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    const range = rangeOf(prefix);
    const load = (first = range.first) => {
      return this.#load({ first, end: range.end });
    };
    const parts = {
      current: load(),
      advance: () => {
        this.#report(parts.current);
        parts.current = load(parts.current.end);
      },
      finish: () => {
        while (!parts.current.isWhole) parts.advance();
        this.#report(parts.current);
        this.#leave(prefix);
      },
      [Symbol.dispose]: resolve,
    };
    return parts;
  }

  /** Loads a window into memory of one that is gone: thousands of them come and go. */
  #load(range: DigestRange): Window {
    return loadWindow(this.#spill!, range, this.#free.pop() ?? new DigestSet(this.#capacity));
  }

  #report(window: Window): void {
    for (const digest of window.missing()) this.#options.onMissing(digest);
    if (window === this.#whole) return;
    window.set.clear();
    this.#free.push(window.set);
  }
}

/** The only window of a unit. */
class OneWindow implements UnitWindows {
  constructor(readonly current: Window, readonly finish: () => void) {}

  advance(): void {
    throw new Error("a window ends before its unit does");
  }

  [Symbol.dispose](): void {}
}
