import type { CryptConfig } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { FixedIndex } from "../index/mod.ts";
import { lookUpFile } from "../manifest/mod.ts";
import {
  CheckedSnapshot,
  ChunkCache,
  type ReadingObserver,
  ReconnectingSource,
} from "../reading/mod.ts";
import { parseArchiveName, type SnapshotSource } from "../repository/mod.ts";
import { ImageContent } from "./image_content.ts";

/** Decoded chunks that are kept: several readers, each with chunks that were fetched ahead. */
const CHUNK_CACHE_BYTES = 48 * 1024 * 1024;

/** How to open an {@linkcode OpenedImage}. */
export interface OpenImageOptions {
  /** Opens the snapshot; called again whenever the connection was lost. */
  open(): Promise<SnapshotSource>;
  /** Absent if there is no key. */
  readonly crypt: CryptConfig | undefined;
  /** With or without the server's suffix: `disk.img`. */
  readonly name: string;
  /** Hears whether the manifest is signed, and when the server is waited for. */
  readonly observer: ReadingObserver;
}

/** An image that is read for a long time, by many, at any place, with all that it needs. */
export class OpenedImage implements AsyncDisposable {
  readonly #source: ReconnectingSource;
  readonly #cache: ChunkCache;

  private constructor(
    source: ReconnectingSource,
    cache: ChunkCache,
    /** The image. */
    readonly content: ImageContent,
  ) {
    this.#source = source;
    this.#cache = cache;
  }

  /**
   * Opens an image of a snapshot, and reads a byte of it: what stands in the way is found now.
   *
   * @throws {UsageError} if the name is none of an image, {NotFoundError} if there is no such image.
   * @throws {CorruptDataError} if its index or first chunk is damaged, {KeyError} if it needs a key.
   */
  static async open({ open, crypt, name, observer }: OpenImageOptions): Promise<OpenedImage> {
    checkImageName(name);
    await using opened = new AsyncDisposableStack();
    const source = opened.use(
      await ReconnectingSource.open({
        open,
        onLost: (error) => {
          const reason = error instanceof Error ? error.message : String(error);
          observer.log("warn", `lost the server, waiting for it: ${reason}`);
        },
        onBack: () => observer.log("info", "the server is there again"),
      }),
    );
    const { serverName } = parseArchiveName(name);
    const snapshot = await CheckedSnapshot.open(source, crypt, serverName, observer);
    const file = lookUpFile(snapshot.manifest, serverName);
    const index = await snapshot.readIndex(file);
    if (!(index instanceof FixedIndex)) throw new UsageError(`'${name}' is no image`);
    if (index.size === 0) {
      throw new UsageError(`image '${name}' is empty, there is nothing to show`);
    }
    const cache = opened.use(new ChunkCache(source, crypt, CHUNK_CACHE_BYTES));
    const encrypted = file.cryptMode === "encrypt";
    const content = new ImageContent(index, cache, { encrypted, idKey: crypt?.idKey });
    await content.read(0, 1);
    opened.move();
    return new OpenedImage(source, cache, content);
  }

  /** Closes the connection and gives memory back; nothing may be read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
    this.#cache[Symbol.dispose]();
  }
}

/**
 * Refuses what is no image by its name (spec: cli.md §4.12).
 *
 * @throws {UsageError} if it is none.
 */
export function checkImageName(name: string): void {
  const { clientName } = parseArchiveName(name);
  if (clientName.endsWith(".img")) return;
  throw new UsageError(
    /\.[mp]?pxar$/.test(clientName)
      ? "use the 'mount' command to mount pxar archives"
      : `only images (NAME.img) can be mapped, '${name}' is none`,
  );
}
