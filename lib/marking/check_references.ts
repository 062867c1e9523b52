import { CancelledError, CorruptDataError } from "../errors/mod.ts";
import { digestOfKey } from "./_chunk_key.ts";
import { DIGEST_WORDS } from "./format.ts";
import { PageWindows, type UnitWindows } from "./_page_windows.ts";
import { Reference, type ReferenceCounters } from "./reference.ts";
import type { ReferencedDigests } from "./referenced_digests.ts";

/** Objects that the listing of one unit is expected to show at least: less would waste requests. */
const LEAST_OBJECTS = 4000;
/** Units that are listed at the same time. */
const PARALLEL_UNITS = 16;

/** A part of a listing. */
export interface CheckedPage<Item> {
  /** In the order of their keys. */
  readonly objects: readonly Item[];
}

/** A listing that is to be held against the indexes. */
export interface ReferenceCheck<
  Item extends { readonly key: string },
  Page extends CheckedPage<Item>,
> {
  /** Beginning of the keys of chunks, up to their folder: `<store>/.chunks/`. */
  readonly root: string;
  /** Lists the objects whose keys begin with a prefix, in the order of their keys. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<Page>;
  /**
   * Hears of each page what its objects are, a {@linkcode Reference} each. Pages of several units come
   * in between each other, and while it has not settled for another unit's.
   */
  onPage(page: Page, references: Uint8Array): Promise<void> | void;
  /** Hears of each digest that some index names and that was not listed. */
  onMissing?(digest: Uint8Array): void;
  readonly signal?: AbortSignal | undefined;
  /** Units that are listed at the same time. */
  readonly parallel?: number;
}

/**
 * Lists the chunks that there are, several prefixes at a time, and says of each whether an index
 * refers to it. Memory is bounded by the budget of the digests whatever their number is.
 *
 * @param digests Sealed.
 * @throws {CancelledError} if it was asked to stop.
 * @throws {CorruptDataError} if the listing has no order, or the spill file is damaged; pages that were
 * told of before are right nevertheless.
 */
export async function checkReferences<
  Item extends { readonly key: string },
  Page extends CheckedPage<Item>,
>(
  digests: ReferencedDigests,
  check: ReferenceCheck<Item, Page>,
): Promise<ReferenceCounters> {
  const counters = { pages: 0, referenced: 0, unreferenced: 0, foreign: 0, missing: 0 };
  const digits = unitDigits(digests.differentCount);
  const parallel = check.parallel ?? PARALLEL_UNITS;
  const failed = new AbortController();
  const signals = check.signal === undefined ? [] : [check.signal];
  const signal = AbortSignal.any([failed.signal, ...signals]);
  const missing = (digest: Uint8Array) => {
    counters.missing++;
    check.onMissing?.(digest);
  };
  const windows = new PageWindows(digests, { digits, parallel, onMissing: missing });
  let next = 0;
  const work = async () => {
    while (next < 16 ** digits) {
      signal.throwIfAborted();
      const prefix = (next++).toString(16).padStart(digits, "0");
      using unit = await windows.open(prefix);
      signal.throwIfAborted();
      await checkUnit({ check, prefix, windows: unit, counters, signal });
    }
  };
  const workers = Array.from({ length: parallel }, async () => {
    try {
      await work();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(workers);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const cause = check.signal?.reason;
    if (check.signal?.aborted) throw new CancelledError("the task was aborted", { cause });
    throw failed.signal.reason;
  }
  windows.close();
  return counters;
}

/** Hex digits of the prefixes that are listed each by itself. */
export function unitDigits(chunkCount: number): number {
  const wanted = Math.floor(Math.log(Math.max(chunkCount, 1) / LEAST_OBJECTS) / Math.log(16));
  return Math.min(Math.max(wanted, 1), 4);
}

/** The check of one unit. */
interface Unit<Item extends { readonly key: string }, Page extends CheckedPage<Item>> {
  readonly check: ReferenceCheck<Item, Page>;
  readonly prefix: string;
  readonly windows: UnitWindows;
  readonly counters: ReferenceCounters;
  readonly signal: AbortSignal;
}

async function checkUnit<Item extends { readonly key: string }, Page extends CheckedPage<Item>>(
  { check, prefix, windows, counters, signal }: Unit<Item, Page>,
): Promise<void> {
  const { root } = check;
  const digest = new Uint32Array(DIGEST_WORDS);
  const wholePrefix = root + prefix;
  let last = "";
  for await (const page of check.list(wholePrefix, signal)) {
    counters.pages++;
    const { objects } = page;
    const references = new Uint8Array(objects.length);
    for (let i = 0; i < objects.length; i++) {
      const { key } = objects[i]!;
      // Nothing may be concluded from a listing that leaves out or comes back.
      if (key <= last || !key.startsWith(wholePrefix)) throw unordered(wholePrefix, key, last);
      last = key;
      if (!digestOfKey(key, root.length, digest)) {
        references[i] = Reference.FOREIGN;
        counters.foreign++;
        continue;
      }
      while (!windows.current.covers(digest)) windows.advance();
      const { set, seen } = windows.current;
      const record = set.find(digest, 0);
      if (record < 0) {
        counters.unreferenced++;
        continue;
      }
      references[i] = Reference.SOME;
      counters.referenced++;
      if (key.length === root.length + 69) seen[record] = 1;
    }
    await check.onPage(page, references);
    signal.throwIfAborted();
  }
  windows.finish();
}

function unordered(prefix: string, key: string, last: string): CorruptDataError {
  return new CorruptDataError(
    `the listing of "${prefix}" is not in order: "${key}" after "${last}"; nothing can be concluded from it`,
  );
}
