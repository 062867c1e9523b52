import type { DigestColumn } from "../index/mod.ts";
import { wordsOf } from "./word_column.ts";
import { DigestSet, MOST_DIGESTS, SET_BYTES_PER_DIGEST } from "./digest_set.ts";
import { SpillFile } from "./_spill_file.ts";
import { loadWindow, rangeOf } from "./_window.ts";

/** Bytes of memory that marking takes unless told otherwise. */
export const DEFAULT_MARKING_BUDGET = 512 * 2 ** 20;
/** Fewer digests than this are never worth a run. */
const LEAST_DIGESTS = 1024;

/** The digests that begin with so many zeros tell how many there are. */
const SAMPLE_DIGITS = 2;

/** How referenced digests are kept. */
export interface ReferencedDigestsOptions {
  /** Memory in bytes, for marking and again for the comparison that follows. */
  readonly budgetBytes?: number;
  /**
   * Folder for what does not fit. Default: `TMPDIR`, or `/var/tmp`, because `/tmp` is memory on many
   * machines.
   */
  readonly folder?: string | undefined;
}

/**
 * All digests that any index refers to. Up to eight million different ones are kept in memory with
 * the default budget; beyond that they take 32 bytes each of a temporary file, and those of a group
 * with more than that are written again with each of its snapshots.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * using digests = new ReferencedDigests();
 * await digests.add({ bytes: new Uint8Array(96), offset: 0, stride: 32, count: 3 });
 * assertEquals([digests.entryCount, digests.keptCount], [3, 1]);
 * ```
 */
export class ReferencedDigests implements Disposable {
  readonly budgetBytes: number;
  readonly #folder: string | undefined;
  #set: DigestSet;
  #spill: SpillFile | undefined;
  #spilled = 0;
  #different = 0;
  #entries = 0;
  #state: "open" | "spilling" | "sealed" | "broken" = "open";

  constructor(options: ReferencedDigestsOptions = {}) {
    this.budgetBytes = options.budgetBytes ?? DEFAULT_MARKING_BUDGET;
    this.#folder = options.folder;
    this.#set = new DigestSet(this.#capacity);
  }

  /** Digests that were added, repeated ones counted again. */
  get entryCount(): number {
    return this.#entries;
  }

  /** Digests that were kept; some of them may be the same if there is a spill file. */
  get keptCount(): number {
    return this.#spilled + this.#set.count;
  }

  /** Number of different digests; estimated if there is a spill file. Only once sealed. */
  get differentCount(): number {
    this.#mustBe("sealed");
    return this.#spill === undefined ? this.#set.count : this.#different;
  }

  /** The file of those that did not fit; undefined if all fits in memory. Only once sealed. */
  get spill(): SpillFile | undefined {
    this.#mustBe("sealed");
    return this.#spill;
  }

  /** All digests if there is no spill file. Only once sealed. */
  get set(): DigestSet {
    this.#mustBe("sealed");
    return this.#set;
  }

  /**
   * Adds the digests of an index; one index after the other.
   *
   * @throws {PbsError} if they do not fit in memory and cannot be written; nothing can be concluded then.
   */
  async add(column: DigestColumn): Promise<void> {
    this.#mustBe("open");
    const { words, at, stride } = wordsOf(column);
    for (let done = 0; done < column.count;) {
      const rest = column.count - done;
      done += this.#set.addAll({ words, at: at + done * stride, stride }, rest);
      if (done < column.count) await this.#spillSet();
    }
    this.#entries += column.count;
  }

  /** Ends adding: from here on it is known which digests are referenced. */
  async seal(): Promise<void> {
    this.#mustBe("open");
    if (this.#spill !== undefined) {
      await this.#spillSet();
      this.#different = this.#estimate(this.#spill);
      this.#set = new DigestSet(1);
    }
    this.#state = "sealed";
  }

  get #capacity(): number {
    const fitting = Math.floor(this.budgetBytes / SET_BYTES_PER_DIGEST);
    return Math.min(Math.max(fitting, LEAST_DIGESTS), MOST_DIGESTS);
  }

  /** Number of different digests as a part of them tells it. */
  #estimate(spill: SpillFile): number {
    const sample = loadWindow(spill, rangeOf("0".repeat(SAMPLE_DIGITS)), this.#set);
    return sample.isWhole ? sample.set.count * 16 ** SAMPLE_DIGITS : this.#spilled;
  }

  async #spillSet(): Promise<void> {
    this.#state = "spilling";
    try {
      this.#spill ??= new SpillFile(this.#folder ?? temporaryFolder());
      await this.#spill.add(this.#set);
    } catch (error) {
      this.#state = "broken";
      throw error;
    }
    this.#spilled += this.#set.count;
    this.#set.clear();
    this.#state = "open";
  }

  #mustBe(state: "open" | "sealed"): void {
    if (this.#state !== state) {
      throw new Error(`referenced digests are ${this.#state}, not ${state}`);
    }
  }

  /** Gives memory and disk back. */
  [Symbol.dispose](): void {
    this.#state = "broken";
    this.#set = new DigestSet(1);
    this.#spill?.[Symbol.dispose]();
    this.#spill = undefined;
  }
}

function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") || "/var/tmp";
}
