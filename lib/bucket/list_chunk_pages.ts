import type { ListedPage, ObjectStore } from "../s3/mod.ts";
import { ChunkPage } from "./chunk_page.ts";
import type { BucketKeys } from "./bucket_keys.ts";

/** Prefixes that are listed at the same time, a request each. */
export const LISTED_AT_ONCE = 16;
/** Chunks that the listing of one prefix is to show at least, on average: less would waste requests. */
const LEAST_CHUNKS = 2000;
/** Pages that wait for their turn, of all prefixes together: 12 MB. */
const MOST_PAGES = 256;
/** Digits of a prefix: a store with as many chunks as 6 ask for has 3 x 10^10. */
const MOST_DIGITS = 6;
/** Digits of the names of chunk folders. */
const FOLDER_DIGITS = 4;

/** How chunks are listed. */
export interface ListChunkPages {
  /** Prefixes at the same time. */
  readonly parallel?: number;
  /** Pages that wait for their turn. */
  readonly mostPages?: number;
}

/**
 * Lists the chunks of a datastore in the order of their keys, as one listing would, and many prefixes at a time:
 * what comes ahead of its turn waits. How many prefixes there are follows from the first page, as digests are spread
 * evenly.
 *
 * @throws what a listing throws, when it is the turn of that prefix; the others are ended then.
 */
export async function* listChunkPages(
  objects: Pick<ObjectStore, "list">,
  keys: BucketKeys,
  { parallel = LISTED_AT_ONCE, mostPages = MOST_PAGES }: ListChunkPages = {},
): AsyncGenerator<ChunkPage> {
  const ending = new AbortController();
  const start = await firstPage(objects, keys, ending.signal);
  if (start.isWhole) {
    yield start.page;
    return;
  }
  const digits = prefixDigits(estimate(start.listed, keys));
  const ahead = new PagesAhead(mostPages);
  const list = async (unit: number) => {
    const prefix = prefixOf(keys, unit.toString(16).padStart(digits, "0"));
    for await (const page of objects.list(prefix, ending.signal)) {
      if (ending.signal.aborted) return;
      await ahead.put(unit, new ChunkPage(keys, page));
    }
  };
  const units = 16 ** digits;
  const running = new Set<Promise<void>>();
  let next = 0;
  const begin = () => {
    while (next < units && running.size < parallel && !ending.signal.aborted) {
      const unit = next++;
      const work = list(unit).then(() => ahead.end(unit), (error) => ahead.fail(unit, error))
        .finally(() => {
          running.delete(work);
          begin();
        });
      running.add(work);
    }
  };
  try {
    begin();
    for (let unit = 0; unit < units; unit++) yield* ahead.take(unit);
  } finally {
    ending.abort();
    ahead.close();
    await Promise.allSettled(running);
  }
}

/** Digits of the prefixes of a store that has about as many chunks. */
export function prefixDigits(chunks: number): number {
  const wanted = Math.floor(Math.log(Math.max(chunks, 1) / LEAST_CHUNKS) / Math.log(16));
  return Math.min(Math.max(wanted, 1), MOST_DIGITS);
}

/** The beginning of keys whose digests begin with some digits; a folder's name is repeated in them. */
function prefixOf(keys: BucketKeys, digits: string): string {
  if (digits.length < FOLDER_DIGITS) return keys.chunks + digits;
  const folder = `${keys.chunks}${digits.slice(0, FOLDER_DIGITS)}/`;
  return digits.length === FOLDER_DIGITS ? folder : folder + digits;
}

/** The first page, and whether there is no other. */
async function firstPage(
  objects: Pick<ObjectStore, "list">,
  keys: BucketKeys,
  signal: AbortSignal,
): Promise<{ listed: ListedPage; page: ChunkPage; isWhole: boolean }> {
  let listed: ListedPage | undefined;
  for await (const page of objects.list(keys.chunks, signal)) {
    if (listed !== undefined) return { listed, page: new ChunkPage(keys, listed), isWhole: false };
    listed = page;
  }
  listed ??= { objects: [], date: undefined };
  return { listed, page: new ChunkPage(keys, listed), isWhole: true };
}

/** About how many chunks there are, by the part of all digests that the first page reaches to. */
function estimate({ objects }: ListedPage, keys: BucketKeys): number {
  const chunks = objects.map(({ key }) => keys.parseChunk(key)).filter((chunk) => chunk);
  const last = chunks.at(-1);
  if (last === undefined) return 0;
  const reached = (Number.parseInt(last.digest.slice(0, 12), 16) + 1) / 16 ** 12;
  return chunks.length / reached;
}

/** Pages that were listed before it was their turn. */
class PagesAhead {
  readonly #units = new Map<number, { pages: ChunkPage[]; end?: { error?: unknown } }>();
  readonly #mostPages: number;
  #current = 0;
  #count = 0;
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  constructor(mostPages: number) {
    this.#mostPages = mostPages;
  }

  /** Keeps a page when there is room for it; there always is for one whose turn it is. */
  async put(unit: number, page: ChunkPage): Promise<void> {
    const { pages } = this.#of(unit);
    const isNext = () => unit === this.#current && pages.length === 0;
    while (!this.#isClosed && this.#count >= this.#mostPages && !isNext()) {
      await this.#changed.promise;
    }
    pages.push(page);
    this.#count++;
    this.#tell();
  }

  end(unit: number): void {
    this.#of(unit).end = {};
    this.#tell();
  }

  fail(unit: number, error: unknown): void {
    this.#of(unit).end = { error };
    this.#tell();
  }

  /** The pages of a unit, whose turn it is now. */
  async *take(unit: number): AsyncGenerator<ChunkPage> {
    this.#current = unit;
    this.#tell();
    const { pages } = this.#of(unit);
    for (;;) {
      const page = pages.shift();
      if (page !== undefined) {
        this.#count--;
        this.#tell();
        yield page;
        continue;
      }
      const { end } = this.#of(unit);
      if (end !== undefined) {
        this.#units.delete(unit);
        if ("error" in end) throw end.error;
        return;
      }
      await this.#changed.promise;
    }
  }

  /** Lets go who waits for room. */
  close(): void {
    this.#isClosed = true;
    this.#tell();
  }

  #of(unit: number): { pages: ChunkPage[]; end?: { error?: unknown } } {
    let found = this.#units.get(unit);
    if (found === undefined) this.#units.set(unit, found = { pages: [] });
    return found;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
