import { assertEquals } from "@std/assert";
import type { TreeExtractor } from "../fs/mod.ts";
import type { PlacedChunk } from "../reading/mod.ts";
import { ExtractionFeed } from "./_extraction_feed.ts";

/** An extractor that finishes batches when a test says so. */
class SlowExtractor {
  pendingBytes = 1;
  #finished: number[] = [];
  #wake: (() => void) | undefined;

  useChunk(): void {}

  submit(token: number): Promise<void> {
    this.submitted.push(token);
    return Promise.resolve();
  }

  readonly submitted: number[] = [];

  finish(token: number): void {
    this.#finished.push(token);
    this.#wake?.();
  }

  takeFinishedTokens(): number[] {
    return this.#finished.splice(0);
  }

  async finishedTokens(): Promise<number[]> {
    while (this.#finished.length === 0) await new Promise<void>((wake) => this.#wake = wake);
    return this.takeFinishedTokens();
  }
}

function placed(released: () => void): PlacedChunk {
  const bytes = new Uint8Array(1000);
  const pointer = Deno.UnsafePointer.of(bytes)!;
  const chunk = { bytes, pointer, release: () => {} };
  return { offset: 0, chunk, repeated: false, release: released };
}

Deno.test("a chunk that waits for the memory of those being extracted gets it", async () => {
  const extractor = new SlowExtractor();
  const feed = new ExtractionFeed(extractor as unknown as TreeExtractor);
  const memory = Promise.withResolvers<string>();
  feed.use(placed(() => memory.resolve("next chunk")));
  await feed.endChunk();
  assertEquals(extractor.submitted, [0]);
  setTimeout(() => extractor.finish(0));
  await feed.giveBackUntil(memory.promise);
  assertEquals(await memory.promise, "next chunk");
});

Deno.test("a chunk that is there is not kept waiting by the extractor", async () => {
  const extractor = new SlowExtractor();
  const feed = new ExtractionFeed(extractor as unknown as TreeExtractor);
  let releases = 0;
  feed.use(placed(() => releases++));
  await feed.endChunk();
  await feed.giveBackUntil(Promise.resolve());
  assertEquals(releases, 0);
  feed.releaseAll();
  assertEquals(releases, 1);
});
