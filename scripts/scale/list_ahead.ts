import { setTimeout as delay } from "node:timers/promises";
import { BucketKeys, type ListChunkPages, listChunkPages } from "../../lib/bucket/mod.ts";
import type { ListedPage, ObjectStore } from "../../lib/s3/mod.ts";

/** What a listing in order took. */
export interface ListedAhead {
  readonly chunks: number;
  readonly requests: number;
  /** Requests that were under way at the same time, at most. */
  readonly mostAtOnce: number;
  /** Pages that had come and not had their turn, at most. */
  readonly mostWaiting: number;
  readonly seconds: number;
}

/** How to list. */
export interface ListAhead extends ListChunkPages {
  /** Time that each request takes. */
  readonly latencyMs?: number;
}

/** Lists all chunks of a store in their order, as the collection of a server does. @param name The datastore's. */
export async function listAhead(
  store: Pick<ObjectStore, "list">,
  name: string,
  { latencyMs = 0, ...options }: ListAhead = {},
): Promise<ListedAhead> {
  let [chunks, requests, atOnce, mostAtOnce, waiting, mostWaiting] = [0, 0, 0, 0, 0, 0];
  const keys = new BucketKeys(name);
  const counted = {
    async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedPage> {
      const pages = store.list(prefix, signal)[Symbol.asyncIterator]();
      for (;;) {
        const { value, done } = await pages.next();
        if (done) return;
        requests++;
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        if (latencyMs > 0) await delay(latencyMs);
        atOnce--;
        // The look at how many there are is not kept.
        if (prefix !== keys.chunks) mostWaiting = Math.max(mostWaiting, ++waiting);
        yield value;
      }
    },
  };
  const start = performance.now();
  let last = "";
  for await (const page of listChunkPages(counted, keys, options)) {
    waiting--;
    for (const { key } of page.chunks()) {
      if (key <= last) throw new Error(`"${key}" comes after "${last}"`);
      last = key;
      chunks++;
    }
  }
  const seconds = (performance.now() - start) / 1000;
  return { chunks, requests, mostAtOnce, mostWaiting, seconds };
}
