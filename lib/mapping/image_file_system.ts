import { Errno } from "../../ffi/errno.ts";
import { SystemError } from "../errors/mod.ts";
import type { FoundNode, NodeAttributes, NodeId, ReadOnlyFileSystem } from "../fuse/mod.ts";
import type { ImageContent } from "./image_content.ts";

/** A file system that is a single file: the image. */
export class ImageFileSystem implements ReadOnlyFileSystem {
  readonly #content: ImageContent;
  readonly #attributes: NodeAttributes;

  /** @param attributes Of the file; its size follows from the content. */
  constructor(content: ImageContent, attributes: NodeAttributes) {
    this.#content = content;
    this.#attributes = attributes;
  }

  /** Attributes of the file, which never change. */
  attributes(_node: NodeId): Omit<FoundNode, "node"> {
    return { attributes: this.#attributes };
  }

  /** Bytes of the image, fewer only at its end. */
  read(_node: NodeId, offset: number, length: number): Promise<Uint8Array> {
    return this.#content.read(offset, length);
  }

  /** A file has no names in it. */
  lookup(): never {
    throw new SystemError(Errno.ENOTDIR, "the image is no folder");
  }

  /** A file has no names in it. */
  readFolder(): never {
    throw new SystemError(Errno.ENOTDIR, "the image is no folder");
  }
}
