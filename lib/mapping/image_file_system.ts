import { Errno } from "../../ffi/errno.ts";
import { SystemError } from "../errors/mod.ts";
import {
  type FoundNode,
  type NodeAttributes,
  type NodeId,
  type PageCache,
  type ReadOnlyFileSystem,
  ROOT_NODE,
} from "../fuse/mod.ts";
import type { ImageContent } from "./image_content.ts";

/** Chunks that are put into the kernel's page cache at a time. */
const MAX_STORING = 4;

/**
 * A file system that is a single file: the image. What a read needs is decoded a chunk at a time; all
 * of the chunk goes into the kernel's page cache, so that it is decoded once, as long as the machine has
 * memory, however small and scattered the reads are.
 */
export class ImageFileSystem implements ReadOnlyFileSystem {
  readonly #content: ImageContent;
  readonly #attributes: NodeAttributes;
  readonly #storing = new Set<number>();
  #pages: PageCache | undefined;

  /** @param attributes Of the file; its size is that of the content. */
  constructor(content: ImageContent, attributes: NodeAttributes) {
    this.#content = content;
    this.#attributes = attributes;
  }

  /** See {@linkcode ReadOnlyFileSystem.mounted}. */
  mounted(pages: PageCache): void {
    this.#pages = pages;
  }

  /** Attributes of the file, which never change. */
  attributes(_node: NodeId): Omit<FoundNode, "node"> {
    return { attributes: this.#attributes };
  }

  /** Bytes of the image, fewer only at its end. */
  async read(_node: NodeId, offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#content.read(offset, length);
    for (const chunk of this.#content.chunksWithin(offset, length)) this.#store(chunk);
    return bytes;
  }

  /** A file has no names in it. */
  lookup(): never {
    throw new SystemError(Errno.ENOTDIR, "the image is no folder");
  }

  /** A file has no names in it. */
  readFolder(): never {
    throw new SystemError(Errno.ENOTDIR, "the image is no folder");
  }

  /** The kernel asked for something of the chunk: it has not got it, or no longer. */
  async #store(chunk: number): Promise<void> {
    const pages = this.#pages;
    if (pages === undefined || this.#storing.has(chunk)) return;
    if (this.#storing.size >= MAX_STORING) return;
    this.#storing.add(chunk);
    try {
      await this.#content.withChunk(
        chunk,
        (plain, offset) =>
          pages.store(plain, [{ node: ROOT_NODE, offset, start: 0, length: plain.length }]),
      );
    } catch {
      // It was read a moment ago; if it cannot be read again, the next read says so.
    } finally {
      this.#storing.delete(chunk);
    }
  }
}
