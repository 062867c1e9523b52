import type { PxarAccessor, PxarNode, RandomAccess } from "../pxar/mod.ts";
import { walkArchive } from "./archive_walk.ts";
import { type ContentPart, contentParts } from "./_content_parts.ts";
import type { ContentOptions } from "./content_options.ts";

/** Distance of the reads that fetch a stream ahead of a walk through it. */
const TOUCH_BYTES = 1024 * 1024;

/** An entry of a folder; the parts of its content follow, then an {@linkcode EntryEnd}. */
export interface EntryPart {
  readonly kind: "entry";
  /** From the folder, without leading slash; empty for the folder itself. */
  readonly path: Uint8Array;
  readonly node: PxarNode;
  /** The file that a hard link stands for, otherwise the same. */
  readonly real: PxarNode;
  /** Path of which a hard link becomes a further name; absent if it becomes a file of its own. */
  readonly link: Uint8Array | undefined;
}

/** The end of the entry at hand. */
export interface EntryEnd {
  readonly kind: "end";
}

/** How folders are gone through. */
export interface FolderOptions extends ContentOptions {
  /** The path from the folder that a hard link becomes a further name of; if absent, it is copied. */
  linkOf?(node: PxarNode, real: PxarNode, path: Uint8Array): Uint8Array | undefined;
}

/** A folder and everything below it with all contents, in the order of the archive. */
export async function* folderParts(
  accessor: PxarAccessor,
  folder: PxarNode,
  options: FolderOptions,
): AsyncGenerator<EntryPart | ContentPart | EntryEnd> {
  // Where contents lie between the entries, the walk needs all of the stream.
  const touch = accessor.payload === undefined
    ? new Toucher(accessor.metadata, folder, options.aheadBytes ?? 0)
    : undefined;
  try {
    for await (const { path, node } of walkArchive(accessor, folder, new Uint8Array())) {
      touch?.at(node.entry.position);
      const { kind } = node.entry;
      const real = kind === "hardlink" ? await accessor.resolve(node) : node;
      const link = kind === "hardlink" ? options.linkOf?.(node, real, path) : undefined;
      yield { kind: "entry", path, node, real, link };
      if (real.entry.kind === "file" && link === undefined) {
        yield* contentParts(accessor, real.entry, options);
      }
      yield { kind: "end" };
    }
  } finally {
    await touch?.settle();
  }
}

/** Has chunks fetched that a walk will come to, by reading a byte here and there. */
class Toucher {
  readonly #access: RandomAccess;
  readonly #end: number;
  readonly #aheadBytes: number;
  readonly #under = new Set<Promise<void>>();
  #touched: number;

  constructor(access: RandomAccess, folder: PxarNode, aheadBytes: number) {
    this.#access = access;
    this.#end = folder.end;
    this.#aheadBytes = aheadBytes;
    this.#touched = folder.entry.position;
  }

  /** The walk has come to a place. */
  at(position: number): void {
    const limit = Math.min(position + this.#aheadBytes, this.#end);
    this.#touched = Math.max(this.#touched, position);
    for (; this.#touched < limit; this.#touched += TOUCH_BYTES) {
      // Whoever needs it is told of the failure.
      const touching = this.#access.read(this.#touched, 1).then(() => {}, () => {});
      this.#under.add(touching);
      touching.finally(() => this.#under.delete(touching));
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#under);
  }
}
