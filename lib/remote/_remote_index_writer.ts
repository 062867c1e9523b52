import { encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type {
  ChunkPlacement,
  IndexKind,
  IndexSummary,
  IndexWriter,
  NewChunk,
} from "../repository/mod.ts";
import type { ByteWindow } from "./_byte_window.ts";
import type { UpgradedConnection } from "./_upgraded_connection.ts";

/** Places of one request: a body must stay below 512 KiB (spec: client-pipeline.md §1.8). */
const MAX_PLACES = 4096;

/** An index that a server writes. */
export class RemoteIndexWriter implements IndexWriter {
  readonly #connection: UpgradedConnection;
  readonly #window: ByteWindow;
  readonly #kind: IndexKind;
  readonly #wid: number;
  #lastAppend: Promise<void> = Promise.resolve();

  /** @param window Bounds the chunks under way, over all indexes of a backup. */
  constructor(connection: UpgradedConnection, window: ByteWindow, kind: IndexKind, wid: number) {
    this.#connection = connection;
    this.#window = window;
    this.#kind = kind;
    this.#wid = wid;
  }

  /** See {@linkcode IndexWriter.putChunk}. Servers do not say whether they had the chunk. */
  async putChunk({ digest, size, blob }: NewChunk): Promise<{ duplicate: undefined }> {
    const hex = encodeHex(digest);
    const bytes = blob.byteLength;
    await this.#window.acquire(bytes);
    try {
      const parameters = { digest: hex, "encoded-size": bytes, size, wid: this.#wid };
      const stored = await this.#connection.upload(`/${this.#kind}_chunk`, parameters, blob);
      if (stored !== hex) {
        throw new CorruptDataError(`the server stored chunk ${hex} under another digest`);
      }
    } finally {
      this.#window.release(bytes);
    }
    return { duplicate: undefined };
  }

  /** See {@linkcode IndexWriter.append}. */
  async append(chunks: readonly ChunkPlacement[]): Promise<void> {
    const appended = this.#lastAppend.then(() => this.#append(chunks));
    this.#lastAppend = appended.catch(() => {});
    await appended;
  }

  async #append(chunks: readonly ChunkPlacement[]): Promise<void> {
    for (let start = 0; start < chunks.length; start += MAX_PLACES) {
      const places = chunks.slice(start, start + MAX_PLACES);
      await this.#connection.callWithJson("PUT", `/${this.#kind}_index`, {
        "digest-list": places.map(({ digest }) => encodeHex(digest)),
        "offset-list": places.map(({ offset }) => offset),
        wid: this.#wid,
      });
    }
  }

  /** See {@linkcode IndexWriter.close}. */
  async close({ chunkCount, size, checksum }: IndexSummary): Promise<void> {
    await this.#connection.call("POST", `/${this.#kind}_close`, {
      "chunk-count": chunkCount,
      csum: encodeHex(checksum),
      size,
      wid: this.#wid,
    });
  }
}
