import { concatBytes } from "../bytes/mod.ts";
import type { CorruptDataError } from "../errors/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { tarBrokenEnd, TarSink } from "../tar/mod.ts";
import { readAhead, type ReadPart } from "./_ahead.ts";
import type { ContentOptions } from "./content_options.ts";
import { damageOf } from "./_damaged_file.ts";
import { type EntryPart, folderParts } from "./_folder_parts.ts";
import { zeroPieces } from "./zero_pieces.ts";

const SLASH = 0x2f;
/** Files outside of the folder whose further names are links; beyond that they are copies. */
const MAX_OUTSIDE = 100_000;
/** Small parts are collected up to this. */
const COLLECTED_BYTES = 64 * 1024;
const ALL_ATTRIBUTES = { xattrs: true, fcaps: true, acls: true };
const NOTHING = new Uint8Array();

/** How a folder becomes tar. */
export interface TarFolderOptions extends ContentOptions {
  /** Name of the folder, or of the single entry, in the tar file; `.` for a folder if absent. */
  readonly name?: Uint8Array;
  /** Hears, for people, of what tar cannot hold. */
  warn?(message: string): void;
  /**
   * Hears of each file with damage; then the other files follow, and the stream fails at its end. If
   * absent, it fails at once.
   */
  damaged?(damage: CorruptDataError): void;
}

/**
 * A folder of an archive, or anything else in it, as tar with all metadata, hard links and holes. Stretches
 * of zeros that fill whole chunks become holes if `zerosWithin` is given. Files that have their first
 * name outside of the folder become files here.
 *
 * @param folder Anything but a hard link.
 * @throws {CorruptDataError} if something is damaged; such a tar file lacks its end, so that whoever reads
 *   it fails as well.
 */
export async function* tarFolder(
  accessor: PxarAccessor,
  folder: PxarNode,
  options: TarFolderOptions = {},
): AsyncGenerator<Uint8Array> {
  const writer = new FolderTar(folder, options);
  const parts = folderParts(accessor, folder, {
    ...options,
    linkOf: (node, real, path) => writer.linkOf(node, real, path),
  });
  try {
    for await (const part of readAhead(parts, options.aheadBytes ?? 0)) {
      if (part.kind === "entry") writer.begin(part);
      else if (part.kind === "end") writer.end();
      else await writer.content(part);
      yield* writer.take(false);
    }
    writer.finish();
    yield* writer.take(true);
  } catch (error) {
    yield* writer.take(true);
    yield tarBrokenEnd();
    throw error;
  }
}

/** The entries of a folder on their way into a tar file. */
class FolderTar {
  readonly #folder: PxarNode;
  readonly #options: TarFolderOptions;
  readonly #sink: TarSink;
  /** First names of files that are outside of the folder: they are files of their own here. */
  readonly #outside = new Map<number, Uint8Array>();
  /** Directories that are open, the folder included. */
  #open = 0;
  /** The file whose content comes, by its path. */
  #file: { readonly path: Uint8Array; isLost: boolean } | undefined;
  #failure: CorruptDataError | undefined;

  constructor(folder: PxarNode, options: TarFolderOptions) {
    this.#folder = folder;
    this.#options = options;
    const isFolder = folder.entry.kind === "directory";
    const name = options.name ?? Uint8Array.of(0x2e);
    this.#sink = new TarSink({
      attributes: ALL_ATTRIBUTES,
      warn: (message) => options.warn?.(message),
      zerosWithin: (start, end) => [...options.zerosWithin?.(start, end) ?? []],
      root: isFolder ? concatBytes([name, Uint8Array.of(SLASH)]) : NOTHING,
      keepsParts: true,
    });
  }

  /** See {@linkcode FolderOptions.linkOf}. */
  linkOf(node: PxarNode, real: PxarNode, path: Uint8Array): Uint8Array | undefined {
    const { position } = real.entry;
    if (position > this.#folder.entry.position) return this.#pathWithin(node.entry.target!);
    const first = this.#outside.get(position);
    if (first === undefined && this.#outside.size < MAX_OUTSIDE) this.#outside.set(position, path);
    return first;
  }

  begin({ path, node, real, link }: EntryPart): void {
    const sink = this.#sink;
    const { kind, depth } = node.entry;
    const isTop = path.length === 0;
    for (; this.#open > depth - this.#folder.entry.depth; this.#open--) sink.leaveDirectory();
    const name = isTop ? this.#options.name ?? node.entry.name : node.entry.name;
    if (link !== undefined) return sink.hardlink(name, link);
    const { metadata, size, target, major, minor } = real.entry;
    switch (kind) {
      case "directory":
        if (isTop) sink.root(metadata!);
        else sink.enterDirectory(name, metadata!);
        this.#open++;
        return;
      case "file":
      case "hardlink":
        sink.locate(real.entry, name);
        sink.beginFile(name, metadata!, size);
        this.#file = { path: isTop ? name : path, isLost: false };
        return;
      case "symlink":
        return sink.symlink(name, metadata!, target!);
      case "device":
        return sink.device(name, metadata!, major, minor);
      case "fifo":
        return sink.fifo(name, metadata!);
      case "socket":
        return sink.socket(name);
    }
  }

  async content({ bytes, length }: ReadPart): Promise<void> {
    const file = this.#file!;
    if (file.isLost) return;
    if (bytes === undefined) return this.#sink.zeros(length);
    try {
      this.#sink.inlineData(await bytes);
    } catch (error) {
      const damage = damageOf(file.path, error);
      if (damage === undefined) throw error;
      this.#sink.dropFile();
      if (this.#options.damaged === undefined) throw damage;
      this.#options.damaged(damage);
      this.#failure ??= damage;
      file.isLost = true;
    }
  }

  end(): void {
    if (this.#file !== undefined && !this.#file.isLost) this.#sink.endFile();
    this.#file = undefined;
  }

  /** Ends the tar file. @throws What was damaged first. */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#sink.finish();
  }

  /** Bytes that are ready; small ones wait for others unless all are wanted. */
  *take(isAll: boolean): Generator<Uint8Array> {
    if (!isAll && this.#sink.pendingBytes < COLLECTED_BYTES) return;
    for (const part of this.#sink.take()) {
      if (typeof part === "number") yield* zeroPieces(part);
      else yield part;
    }
  }

  /**
   * The path from the folder of what a hard link leads to.
   *
   * @param target Path from the top of the archive, below the folder.
   */
  #pathWithin(target: Uint8Array): Uint8Array {
    let start = 0;
    for (let depth = this.#folder.entry.depth; depth > 0; depth--) {
      start = target.indexOf(SLASH, start) + 1;
    }
    return target.subarray(start);
  }
}
