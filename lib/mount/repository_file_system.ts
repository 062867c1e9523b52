import { Errno } from "../../ffi/errno.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { KeyError, NotFoundError, PbsError, SystemError } from "../errors/mod.ts";
import {
  type FileSystemStatistics,
  type FolderEntry,
  type FoundNode,
  type NodeId,
  type PageCache,
  type ReadOnlyFileSystem,
  ROOT_NODE,
} from "../fuse/mod.ts";
import { ChunkCache, type ReadingObserver } from "../reading/mod.ts";
import { type BackupGroup, formatSnapshotPath, type Repository } from "../repository/mod.ts";
import { type ArchivePart, ArchiveParts, MAX_PARTS } from "./_archive_parts.ts";
import { ArchivePool, type PooledArchive } from "./_archive_pool.ts";
import { groupFilter } from "./_repository_listing.ts";
import { type ArchivePlace, type RepositoryNode, RepositoryNodes } from "./_repository_node.ts";
import { RepositoryRefresh } from "./_repository_refresh.ts";
import { nodeAttributes, type NodeOwner } from "./_repository_attributes.ts";
import { waitForServer } from "./_wait_for_server.ts";
import { OpenedArchive } from "./opened_archive.ts";
import type { ArchiveFileSystem } from "./archive_file_system.ts";

/** Decoded chunks that all archives keep together, and room for those that are being read. */
const [KEPT_BYTES, READING_BYTES] = [16 * 1024 * 1024, 40 * 1024 * 1024];
/** Lines about snapshots that are not said again. */
const MAX_SAID = 1024;

/** Repository, namespace and groups that a {@linkcode RepositoryFileSystem} shows, and to whom. */
export interface RepositoryFileSystemOptions {
  /** Stays the caller's. */
  readonly repository: Repository;
  /** That the root is. */
  readonly namespace: string;
  /** Groups that are shown, in each namespace; all if there are none. */
  readonly groups?: readonly BackupGroup[];
  /** Absent if there is no key. */
  readonly crypt: CryptConfig | undefined;
  /** Owner of what is not in an archive. */
  readonly owner: NodeOwner;
  /** Hears why a snapshot cannot be looked into, and when the server is waited for. */
  readonly observer: ReadingObserver;
  readonly limits?: Partial<RepositoryLimits>;
}

/** Bounds of a {@linkcode RepositoryFileSystem}. */
export interface RepositoryLimits {
  /** Archives that are open at a time; 8 if absent. */
  readonly maxOpen: number;
  /** File archives that the kernel may know something of; 32,767 if absent, and at most. */
  readonly maxParts: number;
  /** Time after which an archive that nobody uses is closed, so that its snapshot can be removed. */
  readonly idleMs: number;
  /** Time for which listings, and failures, hold. */
  readonly refreshMs: number;
  /** Time for which a server that does not answer is waited for; a minute if absent. */
  readonly waitMs: number;
}

const DEFAULT_LIMITS: RepositoryLimits = {
  maxOpen: 8,
  maxParts: MAX_PARTS,
  idleMs: 10_000,
  refreshMs: 2000,
  waitMs: 60_000,
};

/**
 * A whole repository as a file system: namespaces, groups, snapshots, and in each its archives. An
 * archive is opened when something in it is asked for; a node's number tells in which archive it lies,
 * and where in it, so that it can be closed and opened again at any time.
 */
export class RepositoryFileSystem implements ReadOnlyFileSystem, AsyncDisposable {
  readonly #options: RepositoryFileSystemOptions;
  readonly #limits: RepositoryLimits;
  readonly #nodes: RepositoryNodes;
  readonly #refresh: RepositoryRefresh;
  readonly #parts: ArchiveParts;
  readonly #pool: ArchivePool;
  readonly #cache: ChunkCache;
  readonly #ending = new AbortController();
  readonly #said = new Set<string>();
  /** Which part of the numbers an open archive's files are known by in the page cache. */
  readonly #partOf = new WeakMap<ArchiveFileSystem, ArchivePart>();
  #pages: PageCache | undefined;

  /** @param options What is shown, and to whom. */
  constructor(options: RepositoryFileSystemOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { repository, namespace, groups = [], crypt, observer } = options;
    this.#options = options;
    this.#limits = limits;
    this.#nodes = new RepositoryNodes(namespace, Math.floor(Date.now() / 1000));
    this.#refresh = new RepositoryRefresh({
      repository,
      nodes: this.#nodes,
      isShown: groupFilter(groups),
      holdsMs: limits.refreshMs,
      observer,
    });
    this.#parts = new ArchiveParts(limits.maxParts);
    this.#pool = new ArchivePool({ ...limits, retryMs: limits.refreshMs });
    this.#cache = new ChunkCache(undefined, crypt, KEPT_BYTES, READING_BYTES);
  }

  /** Number of archives that are open. */
  get openArchives(): number {
    return this.#pool.size;
  }

  /** See {@linkcode ReadOnlyFileSystem.mounted}. */
  mounted(pages: PageCache): void {
    this.#pages = pages;
  }

  /** See {@linkcode ReadOnlyFileSystem.isChanging}. */
  isChanging(folder: NodeId): boolean {
    if (ArchiveParts.isInside(folder)) return false;
    return this.#nodes.get(folder)?.is.kind !== "snapshot";
  }

  /** See {@linkcode ReadOnlyFileSystem.lookup}. */
  async lookup(parent: NodeId, name: Uint8Array): Promise<FoundNode | undefined> {
    if (ArchiveParts.isInside(parent)) {
      return await this.#inside(parent, async (tree, inner, part) => {
        const found = await tree.lookup(inner, name);
        if (found === undefined) return undefined;
        this.#parts.count(part);
        return { ...found, node: ArchiveParts.outer(part, found.node) };
      });
    }
    const folder = await this.#refresh.folder(this.#node(parent));
    const child = folder.children.get(new TextDecoder().decode(name));
    if (child === undefined) return undefined;
    if (child.is.kind === "tree") return await this.#findTree(child);
    const found = { node: child.number, ...await this.#describe(child) };
    child.found++;
    return found;
  }

  /** See {@linkcode ReadOnlyFileSystem.forget}. */
  forget(node: NodeId, count: number): void {
    const part = this.#parts.find(node);
    if (part !== undefined) this.#parts.forget(part, count);
    else if (!ArchiveParts.isInside(node)) this.#nodes.forget(node, count);
  }

  /** See {@linkcode ReadOnlyFileSystem.attributes}. */
  async attributes(node: NodeId): Promise<Omit<FoundNode, "node">> {
    if (!ArchiveParts.isInside(node)) return await this.#describe(this.#node(node));
    return await this.#inside(node, (tree, inner) => tree.attributes(inner));
  }

  /** See {@linkcode ReadOnlyFileSystem.readFolder}; cursors outside of archives are numbers of nodes. */
  async readFolder(
    node: NodeId,
    cursor: number,
    show: (entry: FolderEntry) => boolean,
  ): Promise<void> {
    if (ArchiveParts.isInside(node)) {
      return await this.#inside(
        node,
        (tree, inner, part) =>
          tree.readFolder(inner, cursor, (entry) => {
            if (!show({ ...entry, node: ArchiveParts.outer(part, entry.node) })) return false;
            this.#parts.count(part);
            return true;
          }),
      );
    }
    const folder = await this.#refresh.folder(this.#node(node));
    for (const child of folder.children.values()) {
      const next = Number(child.number);
      if (next <= cursor) continue;
      const part = child.is.kind === "tree" ? this.#parts.of(child) : undefined;
      const shown = part === undefined ? child.number : ArchiveParts.rootOf(part);
      const attributes = nodeAttributes(child, this.#options.owner);
      const name = new TextEncoder().encode(child.name);
      if (!show({ name, node: shown, attributes, next, isOnlyNamed: true })) return;
    }
  }

  /** See {@linkcode ReadOnlyFileSystem.read}. */
  async read(node: NodeId, offset: number, length: number): Promise<Uint8Array> {
    if (ArchiveParts.isInside(node)) {
      return await this.#inside(node, (tree, inner) => tree.read(inner, offset, length));
    }
    const file = this.#node(node);
    if (file.is.kind !== "file") throw new SystemError(Errno.EISDIR, "a folder has no content");
    return await this.#inFile(file, file.is.archive, async ({ opened }) => {
      const stream = opened.reader.stream!;
      const wanted = Math.min(length, stream.size - offset);
      return wanted <= 0 ? new Uint8Array() : await stream.read(offset, wanted);
    });
  }

  /** See {@linkcode ReadOnlyFileSystem.readLink}. */
  async readLink(node: NodeId): Promise<Uint8Array> {
    if (ArchiveParts.isInside(node)) {
      return await this.#inside(node, (tree, inner) => tree.readLink(inner));
    }
    const link = this.#node(node);
    if (link.parent !== undefined) await this.#refresh.folder(link.parent);
    if (link.is.kind !== "latest") throw new SystemError(Errno.EINVAL, "this is no link");
    return new TextEncoder().encode(link.is.target);
  }

  /** See {@linkcode ReadOnlyFileSystem.listXattrs}. */
  async listXattrs(node: NodeId): Promise<Uint8Array[]> {
    if (!ArchiveParts.isInside(node)) return [];
    return await this.#inside(node, (tree, inner) => tree.listXattrs(inner));
  }

  /** See {@linkcode ReadOnlyFileSystem.readXattr}. */
  async readXattr(node: NodeId, name: Uint8Array): Promise<Uint8Array | undefined> {
    if (!ArchiveParts.isInside(node)) return undefined;
    return await this.#inside(node, (tree, inner) => tree.readXattr(inner, name));
  }

  /** Space in use where the datastore is; nothing if one may not ask. */
  async statistics(): Promise<FileSystemStatistics> {
    try {
      return { sizeBytes: (await this.#options.repository.status()).used, files: 0 };
    } catch (error) {
      if (error instanceof PbsError) return { sizeBytes: 0, files: 0 };
      throw error;
    }
  }

  /** Closes all archives. Nothing may be asked any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#pool[Symbol.asyncDispose]();
    this.#cache[Symbol.dispose]();
  }

  #node(number: NodeId): RepositoryNode {
    const node = number === ROOT_NODE ? this.#nodes.root : this.#nodes.get(number);
    if (node === undefined) throw new SystemError(Errno.ESTALE, "this is listed no more");
    return node;
  }

  async #describe(node: RepositoryNode): Promise<Omit<FoundNode, "node">> {
    const attributes = nodeAttributes(node, this.#options.owner);
    if (node.is.kind !== "file") {
      return { attributes, lifetimeSeconds: this.#limits.refreshMs / 1000 };
    }
    if (node.is.size !== undefined) return { attributes };
    // Only who decodes a blob knows its size.
    const size = node.content?.size ??
      await this.#inFile(
        node,
        node.is.archive,
        ({ opened }) => Promise.resolve(opened.reader.stream!.size),
      );
    return { attributes: { ...attributes, size } };
  }

  /** The root of a file archive, which is opened for that. */
  async #findTree(node: RepositoryNode): Promise<FoundNode> {
    const part = this.#parts.of(node);
    if (part === undefined) {
      throw new SystemError(Errno.ENFILE, "the kernel knows something of too many archives");
    }
    // Counted before it is opened: nobody may take the part meanwhile.
    this.#parts.count(part);
    try {
      const number = ArchiveParts.rootOf(part);
      return { node: number, ...await this.attributes(number) };
    } catch (error) {
      this.#parts.forget(part, 1);
      throw error;
    }
  }

  async #inside<T>(
    node: NodeId,
    work: (tree: ArchiveFileSystem, inner: NodeId, part: ArchivePart) => Promise<T>,
  ): Promise<T> {
    const part = this.#parts.find(node);
    if (part === undefined || part.node.isGone || part.node.is.kind !== "tree") {
      throw new SystemError(Errno.ESTALE, "this snapshot is listed no more");
    }
    return await this.#inFile(part.node, part.node.is.archive, async ({ tree }) => {
      if (tree === undefined) throw new PbsError("it is no file archive");
      this.#lendPages(tree, part);
      return await work(tree, ArchiveParts.inner(node), part);
    });
  }

  /** An archive may put files into the page cache, by the numbers that they have outside. */
  #lendPages(tree: ArchiveFileSystem, part: ArchivePart): void {
    const pages = this.#pages;
    if (pages === undefined || this.#partOf.get(tree) === part) return;
    this.#partOf.set(tree, part);
    const outer = (node: NodeId) => ArchiveParts.outer(part, node);
    tree.mounted({
      store: (bytes, pieces) =>
        pages.store(bytes, pieces.map((piece) => ({ ...piece, node: outer(piece.node) }))),
    });
  }

  /** Uses an archive, and says of which one a failure is. */
  async #inFile<T>(
    node: RepositoryNode,
    archive: ArchivePlace,
    work: (archive: PooledArchive) => Promise<T>,
  ): Promise<T> {
    const path = pathOf(archive);
    let hasOpened = false;
    try {
      return await this.#pool.use(path, () => this.#open(archive), async (pooled) => {
        hasOpened = true;
        this.#checkSame(node, pooled.opened);
        return await work(pooled);
      });
    } catch (error) {
      if (error instanceof SystemError) throw error;
      if (!hasOpened && error instanceof NotFoundError && await this.#refresh.hasGone(node)) {
        throw new SystemError(Errno.ESTALE, `${path}: the snapshot was removed`, { cause: error });
      }
      const words = textOf(error);
      if (error instanceof KeyError || causeOf(error) instanceof KeyError) {
        this.#say("warn", `${path}: ${words}`);
        throw new SystemError(Errno.EACCES, `${path}: ${words}`, { cause: error });
      }
      throw new PbsError(`${path}: ${words}`, hasOpened ? { cause: causeOf(error) } : {});
    }
  }

  async #open({ namespace, snapshot, serverName }: ArchivePlace): Promise<OpenedArchive> {
    const { repository, crypt, observer } = this.#options;
    let isOpening = true;
    const open = () =>
      OpenedArchive.open({
        open: () => repository.openSnapshot(namespace, snapshot),
        crypt,
        name: serverName,
        cache: this.#cache,
        waitMs: this.#limits.waitMs,
        observer: {
          log: (level, line) => {
            // It is opened again and again; what its manifest is like is said once.
            if (!isOpening) return observer.log(level, line);
            this.#say(level, `${snapshotPathOf(namespace, snapshot)}: ${line}`);
          },
        },
      });
    try {
      return await waitForServer(open, {
        waitMs: this.#limits.waitMs,
        signal: this.#ending.signal,
        onLost: (error) => observer.log("warn", `waiting for the server: ${textOf(error)}`),
      });
    } finally {
      isOpening = false;
    }
  }

  /** A snapshot that was made again under the same time is another one. */
  #checkSame(node: RepositoryNode, { checksum, reader }: OpenedArchive): void {
    node.content ??= { checksum, size: reader.stream?.size ?? 0 };
    if (node.content.checksum === checksum) return;
    this.#nodes.drop(node.parent!);
    this.#refresh.expire(node.parent!.parent!);
    throw new SystemError(Errno.ESTALE, "the snapshot was removed, and another one made");
  }

  #say(level: Parameters<ReadingObserver["log"]>[0], line: string): void {
    if (this.#said.has(line)) return;
    if (this.#said.size >= MAX_SAID) this.#said.clear();
    this.#said.add(line);
    this.#options.observer.log(level, line);
  }
}

function snapshotPathOf(namespace: string, snapshot: ArchivePlace["snapshot"]): string {
  const path = formatSnapshotPath(snapshot);
  return namespace === "" ? path : `${namespace}/${path}`;
}

function pathOf({ namespace, snapshot, serverName }: ArchivePlace): string {
  return `${snapshotPathOf(namespace, snapshot)}/${serverName}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
