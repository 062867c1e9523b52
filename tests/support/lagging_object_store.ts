import type { ListedPage } from "../../lib/s3/mod.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";

/** An object store in memory whose listings show what was there some changes ago. */
export class LaggingObjectStore extends MemoryObjectStore {
  /** Changes that listings do not show yet. */
  lag = 0;
  /** What was there before each change, the newest last. */
  readonly #past: MemoryObjectStore["objects"][] = [];

  constructor(now?: () => number) {
    super(now);
    this.onRequest = (request) => {
      if (["put", "copy", "remove", "removeAll"].includes(request)) {
        this.#past.push(new Map(this.objects));
      }
    };
  }

  override async *list(prefix: string): AsyncIterable<ListedPage> {
    const seen = new MemoryObjectStore(this.now);
    seen.objects = this.#past.at(-this.lag) ?? this.#past[0] ?? this.objects;
    if (this.lag === 0) seen.objects = this.objects;
    yield* seen.list(prefix);
  }
}
