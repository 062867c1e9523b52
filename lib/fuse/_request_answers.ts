import { Errno } from "../../ffi/errno.ts";
import type { FuseChannel } from "../../ffi/fuse_channel.ts";
import { FuseDirectory } from "../../ffi/fuse_directory.ts";
import type { FuseOperations, FuseRequest } from "../../ffi/fuse_operations.ts";
import { SystemError } from "../errors/mod.ts";
import type {
  FolderEntry,
  FoundNode,
  NodeId,
  ReadOnlyFileSystem,
} from "./read_only_file_system.ts";

const SELF = new Uint8Array([0x2e]);
const ABOVE = new Uint8Array([0x2e, 0x2e]);
/** Offsets that stand for `.` and `..`; cursors of the file system come after them. */
const DOT_OFFSETS = 2;
/** Bytes of an answer to a reading of a folder, at most. */
const MAX_FOLDER_BYTES = 256 * 1024;

/** Turns requests of the kernel into calls of a file system, and what those give into replies. */
export class RequestAnswers implements FuseOperations {
  readonly #files: ReadOnlyFileSystem;
  readonly #onFailure: (operation: string, error: unknown) => void;
  #channel: FuseChannel | undefined;
  /** Memory for answers to readings of folders, as many as were ever made at a time. */
  readonly #rooms: FuseDirectory[] = [];
  #open = 0;
  #whenIdle: (() => void)[] = [];

  constructor(
    files: ReadOnlyFileSystem,
    onFailure: (operation: string, error: unknown) => void,
  ) {
    this.#files = files;
    this.#onFailure = onFailure;
  }

  /** Names the channel that replies go to, before its first request. */
  start(channel: FuseChannel): void {
    this.#channel = channel;
  }

  /** See {@linkcode FuseOperations.unanswered}. */
  get unanswered(): number {
    return this.#open;
  }

  /** Settles once no request is open. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Finds a name. */
  lookup(request: FuseRequest, parent: NodeId, name: Uint8Array): void {
    this.#answer("lookup", request, async (channel) => {
      const found = await this.#files.lookup(parent, name);
      if (found === undefined) channel.replyError(request, Errno.ENOENT);
      else channel.replyEntry(request, found.node, found.attributes, lifetime(found));
    });
  }

  /** Passes on that a node is forgotten. */
  forget(node: NodeId, count: number): void {
    this.#files.forget?.(node, count);
  }

  /** Tells the attributes of a node. */
  attributes(request: FuseRequest, node: NodeId): void {
    this.#answer("getattr", request, async (channel) => {
      const found = await this.#files.attributes(node);
      channel.replyAttributes(request, node, found.attributes, lifetime(found));
    });
  }

  /** Tells the target of a symlink. */
  readLink(request: FuseRequest, node: NodeId): void {
    this.#answer("readlink", request, async (channel) => {
      const target = await this.#files.readLink?.(node);
      if (target === undefined) channel.replyError(request, Errno.EINVAL);
      else channel.replyLink(request, target);
    });
  }

  /** Opens a file. "Not implemented" means: never ask again, and keep all that was read. */
  open(request: FuseRequest): void {
    this.#answer("open", request, (channel) => {
      if (this.#files.isChanging === undefined) channel.replyError(request, Errno.ENOSYS);
      else channel.replyOpened(request, false);
    });
  }

  /** Opens a folder, as {@linkcode open}. */
  openDirectory(request: FuseRequest, node: NodeId): void {
    this.#answer("opendir", request, (channel) => {
      const isChanging = this.#files.isChanging?.(node);
      if (isChanging === undefined) channel.replyError(request, Errno.ENOSYS);
      else channel.replyOpened(request, !isChanging);
    });
  }

  /** Reads a file. */
  read(request: FuseRequest, node: NodeId, size: number, offset: number): void {
    this.#answer("read", request, async (channel) => {
      channel.replyBytes(request, await this.#files.read(node, offset, size));
    });
  }

  /** Reads names of a folder with their attributes. */
  readDirectory(request: FuseRequest, node: NodeId, size: number, offset: number): void {
    this.#answer("readdir", request, async (channel) => {
      const names = this.#rooms.pop() ?? new FuseDirectory(MAX_FOLDER_BYTES);
      names.begin(size);
      const add = (found: FoundNode, name: Uint8Array, next: number, isOnlyNamed = false) => {
        const { node, attributes } = found;
        const lifetimeSeconds = lifetime(found);
        return names.add({ name, node, attributes, next, isOnlyNamed, lifetimeSeconds });
      };
      try {
        let dot = offset;
        if (dot < DOT_OFFSETS) {
          const found = { node, ...await this.#files.attributes(node) };
          while (dot < DOT_OFFSETS && add(found, dot === 0 ? SELF : ABOVE, dot + 1, true)) dot++;
        }
        if (dot >= DOT_OFFSETS) {
          const show = (entry: FolderEntry) =>
            add(entry, entry.name, entry.next + DOT_OFFSETS, entry.isOnlyNamed);
          await this.#files.readFolder(node, dot - DOT_OFFSETS, show);
        }
        channel.replyBytes(request, names.bytes);
      } finally {
        this.#rooms.push(names);
      }
    });
  }

  /** Tells the size of the whole. */
  statistics(request: FuseRequest): void {
    this.#answer("statfs", request, async (channel) => {
      const known = await this.#files.statistics?.();
      channel.replyStatistics(request, known ?? { sizeBytes: 0, files: 0 });
    });
  }

  /** Tells an extended attribute. */
  readXattr(request: FuseRequest, node: NodeId, name: Uint8Array, size: number): void {
    this.#answer("getxattr", request, async (channel) => {
      const value = await this.#files.readXattr?.(node, name);
      if (value === undefined) channel.replyError(request, Errno.ENODATA);
      else replySized(channel, request, value, size);
    });
  }

  /** Tells the names of extended attributes. */
  listXattrs(request: FuseRequest, node: NodeId, size: number): void {
    this.#answer("listxattr", request, async (channel) => {
      const names = await this.#files.listXattrs?.(node) ?? [];
      const bytes = new Uint8Array(names.reduce((sum, name) => sum + name.byteLength + 1, 0));
      let at = 0;
      for (const name of names) {
        bytes.set(name, at);
        at += name.byteLength + 1;
      }
      replySized(channel, request, bytes, size);
    });
  }

  /** Every request gets a reply, also if finding it fails; nothing may be thrown into libfuse. */
  async #answer(
    operation: string,
    request: FuseRequest,
    reply: (channel: FuseChannel) => void | Promise<void>,
  ): Promise<void> {
    this.#open++;
    try {
      await reply(this.#channel!);
    } catch (error) {
      const errno = error instanceof SystemError ? error.errno : Errno.EIO;
      if (errno === Errno.EIO) this.#onFailure(operation, error);
      this.#channel!.replyError(request, errno);
    } finally {
      if (--this.#open === 0) { for (const resolve of this.#whenIdle.splice(0)) resolve(); }
    }
  }
}

/** Answers a question of the kernel that asks with size 0 how large something is. */
function replySized(
  channel: FuseChannel,
  request: FuseRequest,
  bytes: Uint8Array,
  size: number,
): void {
  if (size === 0) channel.replyXattrSize(request, bytes.byteLength);
  else if (bytes.byteLength > size) channel.replyError(request, ERANGE);
  else channel.replyBytes(request, bytes);
}

const ERANGE = 34;

function lifetime({ lifetimeSeconds = Infinity }: Omit<FoundNode, "node">): number {
  return lifetimeSeconds;
}
