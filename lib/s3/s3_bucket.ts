import {
  ConnectionError,
  CorruptDataError,
  ServerError,
  TrustError,
  UsageError,
} from "../errors/mod.ts";
import type { HeaderField, HttpResponse } from "../http/mod.ts";
import { encodeKey, encodeValue } from "./_address.ts";
import { deletionBodies, isDeletable } from "./_deletion_body.ts";
import { HashTrial } from "./_hash_trial.ts";
import { type ListingAnswer, parseDeletion, parseListing, unquoted } from "./_parse_answers.ts";
import { isPassing, isPassingCode, type RefusedAnswer, shown } from "./_refusal.ts";
import { md5Of, Requests } from "./_requests.ts";
import type { BucketOptions, S3Quirk } from "./bucket_options.ts";
import type {
  ListedPage,
  ObjectStart,
  ObjectStore,
  PutObject,
  ReadObject,
  RemoveObjects,
} from "./object_store.ts";
import type { RequestCounts } from "./request_counts.ts";

/** Name of an object that is written and removed to see whether that works. */
export const TEST_NAME = ".s3-client-test";
/** Keys that a server takes, bytes. */
const MAX_KEY_BYTES = 1024;
/** Objects that are read into memory of ours: an index of hundreds of terabytes has a gigabyte. */
const MAX_OBJECT_BYTES = 2 ** 31;
/** An answer that lists a thousand objects has some 300 KB. */
const MAX_LISTING_BYTES = 16 * 1024 * 1024;
/** Deletions one after the other that go on at a time where a server has none of many. */
const DELETIONS_AT_A_TIME = 16;
/** Bodies above this size are worth a trial: an MD5 sum of a MiB takes longer than all else of its request. */
const CHEAP_MD5_BYTES = 64 * 1024;
const OCTETS: HeaderField = ["content-type", "application/octet-stream"];

/** A bucket of an object store that speaks S3 (spec: s3-datastore.md §11). */
export class S3Bucket implements ObjectStore {
  readonly displayName: string;
  readonly #requests: Requests;
  readonly #bucket: string;
  readonly #quirks: ReadonlySet<S3Quirk>;
  readonly #hashTrial: HashTrial;

  /**
   * Nothing is asked yet; see {@linkcode S3Bucket.checkAccess}.
   *
   * @throws {UsageError} if the options make no sense.
   */
  constructor(options: BucketOptions) {
    this.#requests = new Requests(options, options.bucket);
    this.#bucket = options.bucket;
    this.#quirks = new Set(options.quirks);
    this.#hashTrial = new HashTrial(this.#requests, options.trialKey);
    const { tls, authority } = this.#requests.address;
    this.displayName = `s3:${tls ? "https" : "http"}://${authority}/${options.bucket}`;
  }

  /** Requests that were made so far. */
  get counts(): RequestCounts {
    return this.#requests.counts;
  }

  /**
   * Asks whether the bucket is there and these keys may look at it.
   *
   * @throws {NotFoundError | AuthError} if not.
   */
  async checkAccess(): Promise<void> {
    try {
      await this.#requests.send({
        method: "HEAD",
        path: "",
        failed: "cannot look at the bucket",
        read: discard,
      });
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TrustError) throw error;
      // The answer to a HEAD tells no reason; that to another request does.
      await this.#listPage(TEST_NAME, undefined, undefined, "cannot look at the bucket");
      throw error;
    }
  }

  async get(
    key: string,
    buffer?: (length: number) => Uint8Array,
    signal?: AbortSignal,
  ): Promise<ReadObject | undefined> {
    let memory: { length: number; bytes: Uint8Array } | undefined;
    let refusal: { error: unknown } | undefined;
    // A repeated request finds the memory of the one before it.
    const provide = (length: number) => {
      if (memory?.length === length) return memory.bytes;
      try {
        memory = { length, bytes: (buffer ?? newMemory)(length) };
      } catch (error) {
        refusal = { error };
        throw error;
      }
      return memory.bytes;
    };
    const found = await this.#requests.send<ReadObject | "absent" | "unwanted">({
      method: "GET",
      path: pathOf(key),
      signal,
      failed: `cannot read "${key}"`,
      accepted: (answer) => isAbsent(answer) ? "absent" : undefined,
      read: async (response) => {
        let content: Uint8Array;
        try {
          content = await readContent(response, provide);
        } catch (error) {
          // An object of that length is not wanted: it has it the next time as well.
          if (refusal !== undefined) return "unwanted";
          throw error;
        }
        this.#requests.countDownload(content.length);
        return { content, etag: unquoted(response.headers.get("etag") ?? "") };
      },
    });
    if (found === "unwanted") throw refusal!.error;
    return found === "absent" ? undefined : found;
  }

  async readStart(key: string, length: number): Promise<ObjectStart | undefined> {
    const found = await this.#requests.send<ObjectStart | "absent">({
      method: "GET",
      path: pathOf(key),
      headers: [["range", `bytes=0-${length - 1}`]],
      failed: `cannot read the beginning of "${key}"`,
      accepted: (answer) => {
        if (isAbsent(answer)) return "absent";
        // Of nothing there is no beginning.
        return answer.status === 416 ? { bytes: new Uint8Array(), size: 0 } : undefined;
      },
      read: async (response) => {
        // A server without ranges answers with all of it.
        const content = await readContent(response, newMemory);
        this.#requests.countDownload(content.length);
        const bytes = content.subarray(0, length);
        if (response.status !== 206) return { bytes, size: content.length };
        const range = /^bytes 0-(\d{1,15})\/(\d{1,15})$/.exec(
          response.headers.get("content-range") ?? "",
        );
        const size = Number(range?.[2]);
        if (
          Number(range?.[1]) !== content.length - 1 || content.length !== Math.min(length, size)
        ) {
          throw new CorruptDataError("the answer is another range than was asked for");
        }
        return { bytes, size };
      },
    });
    return found === "absent" ? undefined : found;
  }

  async put(
    key: string,
    content: Uint8Array,
    options: PutObject = {},
  ): Promise<"stored" | "exists"> {
    const withoutMd5 = content.length > CHEAP_MD5_BYTES && await this.#hashTrial.isChecked();
    const result = await this.#put(key, content, options, withoutMd5);
    if (result !== "refused") return result;
    // A bucket with object lock, for one, takes nothing without.
    this.#hashTrial.distrust();
    return await this.#put(key, content, options, false) as "stored" | "exists";
  }

  async #put(
    key: string,
    content: Uint8Array,
    options: PutObject,
    withoutMd5: boolean,
  ): Promise<"stored" | "exists" | "refused"> {
    const ifAbsent = options.ifAbsent === true && !this.#quirks.has("skip-if-none-match-header");
    const failed = `cannot write "${key}"`;
    const hasMd5 = content.length > 0 && !withoutMd5;
    return await this.#requests.send<"stored" | "exists" | "refused">({
      method: "PUT",
      path: pathOf(key),
      headers: [
        OCTETS,
        ...hasMd5 ? [["content-md5", md5Of(content)] as const] : [],
        ...ifAbsent ? [["if-none-match", "*"] as const] : [],
      ],
      body: content,
      signal: options.signal,
      failed,
      beforeAttempt: options.beforeAttempt,
      accepted: (answer) => {
        if (ifAbsent && answer.status === 412) return "exists";
        return withoutMd5 && answer.status === 400 && !isPassing(answer) ? "refused" : undefined;
      },
      // Some servers answer and end the connection while the body still comes: the answer is lost.
      ...ifAbsent
        ? {
          instead: async () => {
            const { answer } = await this.#listPage(key, undefined, options.signal, failed);
            return answer.objects.some((object) => object.key === key) ? "exists" : undefined;
          },
        }
        : {},
      read: async (response) => {
        await discard(response);
        // Whoever else answers 200 has stored nothing (spec: s3-datastore.md §11.5).
        if (response.headers.get("etag") === undefined) {
          throw new CorruptDataError("the answer to a write has no ETag");
        }
        return "stored";
      },
    });
  }

  async copy(from: string, to: string): Promise<boolean> {
    return await this.#requests.send({
      method: "PUT",
      path: pathOf(to),
      headers: [
        OCTETS,
        ["x-amz-copy-source", `${encodeKey(this.#bucket)}/${pathOf(from)}`],
        ["x-amz-metadata-directive", "REPLACE"],
      ],
      body: new Uint8Array(0),
      failed: `cannot copy "${from}" to "${to}"`,
      accepted: (answer) => isAbsent(answer) ? false : undefined,
      read: async ({ body }) => {
        // A copy can fail after its 200 was sent.
        const answer = await body.text(64 * 1024);
        if (!answer.includes("<CopyObjectResult")) {
          throw new CorruptDataError("the answer to a copy is not a CopyObjectResult");
        }
        return true;
      },
    });
  }

  async remove(key: string, options: RemoveObjects = {}): Promise<void> {
    await this.#requests.send<true>({
      method: "DELETE",
      path: pathOf(key),
      beforeAttempt: options.beforeAttempt,
      failed: `cannot remove "${key}"`,
      accepted: (answer) => isAbsent(answer) ? true : undefined,
      read: async (response) => {
        await discard(response);
        return true;
      },
    });
  }

  async removeAll(keys: readonly string[], options: RemoveObjects = {}): Promise<void> {
    for (const key of keys) pathOf(key);
    const isSingle = this.#quirks.has("delete-objects-via-delete-object");
    const single = isSingle ? keys : keys.filter((key) => !isDeletable(key));
    for (let at = 0; at < single.length; at += DELETIONS_AT_A_TIME) {
      const some = single.slice(at, at + DELETIONS_AT_A_TIME);
      await Promise.all(some.map((key) => this.remove(key, options)));
    }
    if (isSingle) return;
    for (const body of deletionBodies(keys.filter(isDeletable))) {
      await this.#removeSome(body, options);
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedPage> {
    let token: string | undefined;
    do {
      const { date, answer } = await this.#listPage(prefix, token, signal);
      for (const { key } of answer.objects) {
        if (key.startsWith(prefix)) continue;
        throw new CorruptDataError(
          `cannot list "${prefix}" (${this.#requests.place}): the answer has the key ` +
            `"${shown(key)}", which does not begin so`,
        );
      }
      yield { objects: answer.objects, date };
      if (answer.next !== undefined && answer.next === token) {
        throw new CorruptDataError(
          `cannot list "${prefix}" (${this.#requests.place}): the listing goes round in a circle`,
        );
      }
      token = answer.next;
    } while (token !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests[Symbol.asyncDispose]();
  }

  async #listPage(
    prefix: string,
    token: string | undefined,
    signal: AbortSignal | undefined,
    failed = `cannot list "${prefix}"`,
  ): Promise<{ date: number | undefined; answer: ListingAnswer }> {
    const rest = token === undefined ? "" : `&continuation-token=${encodeValue(token)}`;
    return await this.#requests.send({
      method: "GET",
      path: `?list-type=2&prefix=${encodeValue(prefix)}${rest}`,
      signal,
      failed,
      read: async ({ headers, body }) => {
        const date = Date.parse(headers.get("date") ?? "");
        const text = await body.text(MAX_LISTING_BYTES);
        this.#requests.countDownload(text.length);
        return {
          date: Number.isNaN(date) ? undefined : date / 1000,
          answer: parseListing(text),
        };
      },
    });
  }

  async #removeSome(body: Uint8Array, { beforeAttempt }: RemoveObjects): Promise<void> {
    await this.#requests.send({
      method: "POST",
      path: "?delete",
      headers: [["content-md5", md5Of(body)]],
      body,
      beforeAttempt,
      failed: "cannot remove objects",
      read: async ({ body }) => {
        const left = parseDeletion(await body.text(MAX_LISTING_BYTES))
          .filter(({ code }) => code !== "NoSuchKey");
        const [first] = left;
        if (first === undefined) return;
        const text = `${left.length} are left, "${shown(first.key)}" because of ` +
          shown(`${first.code} ${first.message}`);
        // Another try removes the rest.
        if (left.every(({ code }) => isPassingCode(code))) throw new ConnectionError(text);
        throw new ServerError(500, `cannot remove objects (${this.#requests.place}): ${text}`);
      },
    });
  }
}

function newMemory(length: number): Uint8Array {
  return new Uint8Array(length);
}

async function discard({ body }: HttpResponse): Promise<void> {
  await body.discard();
}

function isAbsent({ status, error, hasBody }: RefusedAnswer): boolean {
  // A page that says 404 is of somebody who knows nothing of the bucket.
  return status === 404 && (error?.code === "NoSuchKey" || !hasBody);
}

function pathOf(key: string): string {
  const bytes = new TextEncoder().encode(key).length;
  if (bytes === 0 || bytes > MAX_KEY_BYTES) {
    throw new UsageError(`a key of ${bytes} bytes cannot be stored: "${key.slice(0, 100)}"`);
  }
  return encodeKey(key);
}

async function readContent(
  { headers, body }: HttpResponse,
  provide: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  const length = body.lengthBytes;
  if (length !== undefined) {
    if (length === 0) return provide(0).subarray(0, 0);
    return await body.readInto(provide, MAX_OBJECT_BYTES);
  }
  // Without length and chunks, nothing tells an end from a break.
  if (headers.get("transfer-encoding") === undefined) {
    body.cancel();
    throw new CorruptDataError("the answer has no length");
  }
  const bytes = await body.bytes(MAX_OBJECT_BYTES);
  const content = provide(bytes.length);
  content.set(bytes);
  return content.subarray(0, bytes.length);
}
