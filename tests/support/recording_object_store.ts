import type {
  ListedPage,
  ObjectStart,
  ObjectStore,
  PutObject,
  ReadObject,
} from "../../lib/s3/mod.ts";
import type { RecordedRequest } from "./golden_buckets.ts";

/** An object store that records what is asked of another one. */
export class RecordingObjectStore implements ObjectStore {
  readonly displayName: string;
  /** Kinds and keys, in the order in which requests began. */
  readonly requests: string[][] = [];
  /** Called before each request; what it throws is the request's failure. */
  before: (kind: string, key: string) => Promise<void> | void = () => {};
  /** Called when a request has succeeded. */
  after: (kind: string, key: string) => Promise<void> | void = () => {};

  constructor(readonly inner: ObjectStore) {
    this.displayName = inner.displayName;
  }

  /** What was recorded since the last call. */
  take(): string[][] {
    return this.requests.splice(0);
  }

  async #record<T>(work: () => Promise<T>, kind: string, ...keys: string[]): Promise<T> {
    this.requests.push([kind, ...keys]);
    await this.before(kind, keys[0] ?? "");
    const result = await work();
    await this.after(kind, keys[0] ?? "");
    return result;
  }

  get(
    key: string,
    buffer?: (length: number) => Uint8Array,
    signal?: AbortSignal,
  ): Promise<ReadObject | undefined> {
    return this.#record(() => this.inner.get(key, buffer, signal), "get", key);
  }

  readStart(key: string, length: number): Promise<ObjectStart | undefined> {
    return this.#record(() => this.inner.readStart(key, length), "readStart", key);
  }

  put(key: string, content: Uint8Array, options: PutObject = {}): Promise<"stored" | "exists"> {
    const kind = options.ifAbsent ? "putIfAbsent" : "put";
    return this.#record(() => this.inner.put(key, content, options), kind, key);
  }

  copy(from: string, to: string): Promise<boolean> {
    return this.#record(() => this.inner.copy(from, to), "copy", from, to);
  }

  remove(key: string): Promise<void> {
    return this.#record(() => this.inner.remove(key), "remove", key);
  }

  removeAll(keys: readonly string[]): Promise<void> {
    return this.#record(() => this.inner.removeAll(keys), "removeAll", ...keys);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedPage> {
    await this.#record(() => Promise.resolve(), "list", prefix);
    yield* this.inner.list(prefix, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
  }
}

/**
 * Requests as far as their order and their keys are prescribed: no look whether the bucket is there, prefixes
 * without the slash that the reference leaves out, deletions of many in the order of the keys, and what comes
 * several times in a row once.
 */
export function comparable(requests: readonly (readonly string[] | RecordedRequest)[]): string[] {
  const lines: string[] = [];
  for (const request of requests) {
    const [kind, ...keys] = request.map(String).filter((part) => !/^[0-9]{3}$/.test(part));
    if (kind === "head") continue;
    const line = kind === "list"
      ? `list ${keys[0]!.replace(/\/$/, "")}`
      : [kind, ...kind === "removeAll" ? keys.sort() : keys].join(" ");
    if (line !== lines.at(-1)) lines.push(line);
  }
  return lines;
}
