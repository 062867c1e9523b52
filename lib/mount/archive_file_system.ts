import { Errno } from "../../ffi/errno.ts";
import { PbsError, SystemError } from "../errors/mod.ts";
import {
  type FileSystemStatistics,
  type FolderEntry,
  type FoundNode,
  type NodeAttributes,
  type NodeId,
  type PageCache,
  type ReadOnlyFileSystem,
  ROOT_NODE,
} from "../fuse/mod.ts";
import type {
  ContentRange,
  EntryMetadata,
  PxarAccessor,
  PxarDirectory,
  PxarEntry,
  PxarNode,
} from "../pxar/mod.ts";
import { attributesOf } from "./_attributes_of.ts";
import { FolderCache } from "./_folder_cache.ts";
import { SMALL_FILE_BYTES, SmallFilesAhead } from "./_small_files_ahead.ts";
import { WeighedCache } from "./_weighed_cache.ts";
import { xattrsOf } from "./_xattrs_of.ts";

/** Bit of a node's number that tells an entry by its start from a folder by its end. */
const START_BIT = 1n << 63n;
/** Streams end below this, so that the bits in between stay free for whoever nests archives. */
const MAX_STREAM_BYTES = 2 ** 48;
/** Memory that an archive alone may take for what was found in it. */
const DEFAULT_MEMORY: ArchiveMemory = {
  folderBytes: 8 * 1024 * 1024,
  entryBytes: 4 * 1024 * 1024,
};
/** Memory of an entry without attributes, about. */
const ENTRY_BYTES = 800;

/** Memory of an {@linkcode ArchiveFileSystem}, beside chunks; bytes. */
export interface ArchiveMemory {
  /** Of folders that were opened. */
  readonly folderBytes: number;
  /** Of entries that were found and may be read next. */
  readonly entryBytes: number;
}

/** An entry that is no folder, and where its content lies once that was asked for. */
interface KnownEntry {
  readonly entry: PxarEntry;
  content: Promise<ContentRange> | undefined;
}

/**
 * A file archive as a file system. A node's number tells where it lies in the archive (spec:
 * client-pipeline.md §6.2): nothing is kept but caches, whatever was looked at.
 */
export class ArchiveFileSystem implements ReadOnlyFileSystem {
  readonly #tree: PxarAccessor;
  readonly #folders: FolderCache;
  /** By position. */
  readonly #entries: WeighedCache<number, KnownEntry>;
  #ahead: SmallFilesAhead | undefined;

  /**
   * @param tree Stays the caller's, like what it reads from.
   * @throws {PbsError} if it is larger than numbers of nodes can tell.
   */
  constructor(tree: PxarAccessor, memory: ArchiveMemory = DEFAULT_MEMORY) {
    if (tree.metadata.size >= MAX_STREAM_BYTES) {
      throw new PbsError(`an archive of ${tree.metadata.size} bytes is too large to be mounted`);
    }
    this.#tree = tree;
    this.#folders = new FolderCache(tree, memory.folderBytes);
    this.#entries = new WeighedCache(memory.entryBytes);
  }

  /** See {@linkcode ReadOnlyFileSystem.mounted}. */
  mounted(pages: PageCache): void {
    this.#ahead = new SmallFilesAhead(this.#tree, pages, numberOf);
  }

  /** Settles once what is read ahead at the moment is there. */
  async settled(): Promise<void> {
    await this.#ahead?.settled();
  }

  /** Reads nothing ahead from now on until somebody reads again; settles once nothing is read. */
  async idle(): Promise<void> {
    await this.#ahead?.idle();
  }

  /** See {@linkcode ReadOnlyFileSystem.lookup}. */
  async lookup(parent: NodeId, name: Uint8Array): Promise<FoundNode | undefined> {
    const found = await (await this.#folder(parent)).lookup(name);
    return found && await this.#found(found);
  }

  /** See {@linkcode ReadOnlyFileSystem.attributes}. */
  async attributes(node: NodeId): Promise<{ attributes: NodeAttributes }> {
    return { attributes: attributesOf(await this.#entry(node)) };
  }

  /** See {@linkcode ReadOnlyFileSystem.readFolder}; cursors are positions in the archive. */
  async readFolder(
    node: NodeId,
    cursor: number,
    show: (entry: FolderEntry) => boolean,
  ): Promise<void> {
    const folder = await this.#folder(node);
    using reading = await this.#folders.list(folder, cursor);
    for (;;) {
      const found = await reading.peek();
      if (found === undefined) break;
      const { name } = found.entry;
      if (!show({ ...await this.#found(found), name, next: found.end })) break;
      this.#ahead?.show(folder.node.end, found.entry);
      reading.take();
    }
    this.#ahead?.listed(folder.node.end);
  }

  /** See {@linkcode ReadOnlyFileSystem.read}. */
  async read(node: NodeId, offset: number, length: number): Promise<Uint8Array> {
    if ((node & START_BIT) === 0n) throw new SystemError(Errno.EISDIR, "a folder has no content");
    const known = await this.#known(node);
    if (offset === 0 && known.entry.size <= SMALL_FILE_BYTES) {
      this.#ahead?.read(known.entry.position);
    }
    try {
      known.content ??= this.#tree.content(known.entry);
      const { access, offset: start, size } = await known.content;
      const wanted = Math.min(length, size - offset);
      return wanted <= 0 ? new Uint8Array() : await access.read(start + offset, wanted);
    } catch (error) {
      known.content = undefined;
      const name = new TextDecoder().decode(known.entry.name);
      const words = error instanceof Error ? error.message : String(error);
      throw new PbsError(`bytes ${offset} to ${offset + length} of "${name}": ${words}`, {
        cause: error,
      });
    }
  }

  /** See {@linkcode ReadOnlyFileSystem.readLink}. */
  async readLink(node: NodeId): Promise<Uint8Array> {
    const { target } = await this.#entry(node);
    if (target === undefined) throw new SystemError(Errno.EINVAL, "this is no symbolic link");
    return target;
  }

  /** See {@linkcode ReadOnlyFileSystem.listXattrs}. */
  async listXattrs(node: NodeId): Promise<Uint8Array[]> {
    return xattrsOf(await this.#metadata(node)).map(({ name }) => name);
  }

  /** See {@linkcode ReadOnlyFileSystem.readXattr}. */
  async readXattr(node: NodeId, name: Uint8Array): Promise<Uint8Array | undefined> {
    const wanted = name.toString();
    return xattrsOf(await this.#metadata(node))
      .find((xattr) => xattr.name.toString() === wanted)?.value;
  }

  /** See {@linkcode ReadOnlyFileSystem.statistics}. */
  statistics(): FileSystemStatistics {
    const { metadata, payload } = this.#tree;
    return { sizeBytes: metadata.size + (payload?.size ?? 0), files: 0 };
  }

  /** An entry as a node with its number; a hard link is the file it stands for. */
  async #found(found: PxarNode): Promise<FoundNode> {
    const { entry, end } = found.entry.kind === "hardlink"
      ? await this.#tree.resolve(found)
      : found;
    if (entry.kind === "directory") return { node: BigInt(end), attributes: attributesOf(entry) };
    if (!this.#entries.has(entry.position)) this.#keep(entry);
    return { node: numberOf(entry.position), attributes: attributesOf(entry) };
  }

  async #folder(node: NodeId): Promise<PxarDirectory> {
    if (node === ROOT_NODE) return this.#tree.root;
    if ((node & START_BIT) !== 0n) throw new SystemError(Errno.ENOTDIR, "this is no folder");
    return await this.#folders.open(Number(node));
  }

  async #entry(node: NodeId): Promise<PxarEntry> {
    if ((node & START_BIT) === 0n) return (await this.#folder(node)).node.entry;
    return (await this.#known(node)).entry;
  }

  async #metadata(node: NodeId): Promise<EntryMetadata> {
    return (await this.#entry(node)).metadata!;
  }

  async #known(node: NodeId): Promise<KnownEntry> {
    const position = Number(node & ~START_BIT);
    return this.#entries.get(position) ?? this.#keep(await this.#tree.entryAt(position));
  }

  #keep(entry: PxarEntry): KnownEntry {
    const known = { entry, content: undefined };
    this.#entries.set(entry.position, known, ENTRY_BYTES + bytesOf(entry));
    return known;
  }
}

/** Number of the node of an entry that is no folder. */
function numberOf(position: number): NodeId {
  return START_BIT | BigInt(position);
}

/** Bytes of those parts of an entry that can be large. */
function bytesOf({ name, target, metadata }: PxarEntry): number {
  let bytes = name.byteLength + (target?.byteLength ?? 0);
  for (const { name, value } of metadata?.xattrs ?? []) {
    bytes += 200 + name.byteLength + value.byteLength;
  }
  const acl = metadata?.acl;
  if (acl === undefined) return bytes;
  const lists = [acl.users, acl.groups, acl.defaultUsers, acl.defaultGroups];
  return bytes + 100 * lists.reduce((sum, list) => sum + list.length, 0);
}
