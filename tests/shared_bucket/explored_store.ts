import { createHash } from "node:crypto";
import type {
  ListedPage,
  ObjectStore,
  PutObject,
  ReadObject,
  RemoveObjects,
} from "../../lib/s3/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { type ListedAnswer, type Role, seenOf } from "./explored_answers.ts";

/** Objects by their keys. */
export type Objects = MemoryObjectStore["objects"];

/** A request that waits for its turn. */
export interface Request {
  readonly text: string;
  /** Contents by key that it leaves; undefined removes. */
  readonly effect: (objects: Objects) => ReadonlyMap<string, string | undefined>;
  /** All that its answer depends on. */
  readonly answer: (objects: Objects) => string;
}

/** What lets the requests of one process through. */
export interface Turns {
  readonly role: Role;
  readonly objects: Objects;
  /** Writes that do nothing. */
  readonly leftOut: RegExp | undefined;
  /** Seconds since the epoch, by the store's clock. */
  time(): number;
  wait(request: Request): Promise<void>;
}

/** The store as one process has it. */
export class ExploredStore extends MemoryObjectStore implements ObjectStore {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    super(turns.time);
    this.#turns = turns;
    this.objects = turns.objects;
  }

  override async get(
    key: string,
    buffer?: (length: number) => Uint8Array,
  ): Promise<ReadObject | undefined> {
    await this.#wait(`get ${key}`, (objects) => objects.get(key)?.etag ?? "none");
    return await super.get(key, buffer);
  }

  override async put(
    key: string,
    content: Uint8Array,
    options: PutObject = {},
  ): Promise<"stored" | "exists"> {
    options.beforeAttempt?.();
    if (this.#turns.leftOut?.test(key)) return options.ifAbsent ? "exists" : "stored";
    const etag = createHash("md5").update(content).digest("hex");
    const exists = (objects: Objects) => options.ifAbsent === true && objects.has(key);
    await this.#wait(
      `put ${key}`,
      (objects) => exists(objects) ? "exists" : `stored ${etag}`,
      (objects) => new Map(exists(objects) ? [] : [[key, etag]]),
    );
    return await super.put(key, content, options);
  }

  override async copy(from: string, to: string): Promise<boolean> {
    await this.#wait(
      `copy ${from} ${to}`,
      (objects) => objects.get(from)?.etag ?? "none",
      (objects) => new Map(objects.has(from) ? [[to, objects.get(from)!.etag]] : []),
    );
    return await super.copy(from, to);
  }

  override async remove(key: string): Promise<void> {
    await this.#wait(`remove ${key}`, () => "", () => new Map([[key, undefined]]));
    await super.remove(key);
  }

  override async removeAll(keys: readonly string[], options: RemoveObjects = {}): Promise<void> {
    options.beforeAttempt?.();
    const effect = () => new Map(keys.map((key) => [key, undefined]));
    await this.#wait(`remove all ${keys.join(" ")}`, () => "", effect);
    await super.removeAll(keys);
  }

  override async *list(prefix: string): AsyncIterable<ListedPage> {
    await this.#wait(`list ${prefix}`, (objects) => {
      const found: ListedAnswer[] = [];
      for (const [key, { etag, time }] of objects) {
        if (key.startsWith(prefix)) found.push({ key, etag, age: this.now() - time });
      }
      return seenOf(this.#turns.role, prefix, found);
    });
    yield* super.list(prefix);
  }

  #wait(
    text: string,
    answer: Request["answer"],
    effect: Request["effect"] = () => new Map(),
  ): Promise<void> {
    return this.#turns.wait({ text, answer, effect });
  }
}
