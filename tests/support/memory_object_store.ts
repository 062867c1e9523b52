import { createHash } from "node:crypto";
import type {
  ListedObject,
  ListedPage,
  ObjectStart,
  ObjectStore,
  PutObject,
  ReadObject,
  RemoveObjects,
} from "../../lib/s3/mod.ts";

const PAGE = 1000;

/** An object store in memory, with a clock that tests set. */
export class MemoryObjectStore implements ObjectStore {
  displayName = "memory";
  objects = new Map<string, { content: Uint8Array; etag: string; time: number }>();
  /** Called before each request; what it throws is the request's failure. */
  onRequest: (request: string, key: string) => Promise<void> | void = () => {};

  /** @param now Seconds since the epoch. */
  constructor(readonly now: () => number = () => Date.now() / 1000) {}

  async get(
    key: string,
    buffer: (length: number) => Uint8Array = (length) => new Uint8Array(length),
  ): Promise<ReadObject | undefined> {
    await this.onRequest("get", key);
    const object = this.objects.get(key);
    if (object === undefined) return undefined;
    const content = buffer(object.content.length);
    content.set(object.content);
    return { content, etag: object.etag };
  }

  async readStart(key: string, length: number): Promise<ObjectStart | undefined> {
    await this.onRequest("readStart", key);
    const content = this.objects.get(key)?.content;
    return content && { bytes: content.slice(0, length), size: content.length };
  }

  async put(
    key: string,
    content: Uint8Array,
    options: PutObject = {},
  ): Promise<"stored" | "exists"> {
    options.beforeAttempt?.();
    await this.onRequest("put", key);
    if (options.ifAbsent && this.objects.has(key)) return "exists";
    const etag = createHash("md5").update(content).digest("hex");
    this.objects.set(key, { content: content.slice(), etag, time: Math.floor(this.now()) });
    return "stored";
  }

  async copy(from: string, to: string): Promise<boolean> {
    await this.onRequest("copy", from);
    const object = this.objects.get(from);
    if (object === undefined) return false;
    this.objects.set(to, { ...object, time: Math.floor(this.now()) });
    return true;
  }

  async remove(key: string): Promise<void> {
    await this.onRequest("remove", key);
    this.objects.delete(key);
  }

  async removeAll(keys: readonly string[], options: RemoveObjects = {}): Promise<void> {
    for (let i = 0; i < keys.length; i += PAGE) {
      options.beforeAttempt?.();
      await this.onRequest("removeAll", keys[i]!);
      for (const key of keys.slice(i, i + PAGE)) this.objects.delete(key);
    }
  }

  async *list(prefix: string): AsyncIterable<ListedPage> {
    let after = "";
    while (true) {
      await this.onRequest("list", prefix);
      const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after);
      const page = keys.sort().slice(0, PAGE);
      yield { objects: page.map((key) => this.#listed(key)), date: Math.floor(this.now()) };
      if (keys.length <= PAGE) return;
      after = page.at(-1)!;
    }
  }

  #listed(key: string): ListedObject {
    const { content, etag, time } = this.objects.get(key)!;
    return { key, size: content.length, etag, modificationTime: time };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
