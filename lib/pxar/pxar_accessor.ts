import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { checkPayloadHeader } from "./payload_decoder.ts";
import { PxarDirectory } from "./pxar_directory.ts";
import type { PxarNode } from "./pxar_node.ts";
import type { PxarEntry } from "./pxar_entry.ts";
import type { RandomAccess } from "./random_access.ts";
import type { PositionMemory } from "./_entry_positions.ts";
import { RandomItems } from "./_random_items.ts";

/** Place of a file's content. */
export interface ContentRange {
  /** The archive, or the payload stream of a split archive. */
  readonly access: RandomAccess;
  readonly offset: number;
  readonly size: number;
}

const SLASH = 0x2f;

/** An archive of which start and end were read. */
interface OpenedArchive {
  readonly metadata: RandomAccess;
  readonly payload: RandomAccess | undefined;
  readonly version: number;
  readonly prelude: Uint8Array | undefined;
  readonly root: PxarDirectory;
  readonly memory: PositionMemory;
}

/**
 * Random access to an archive of either version, starting from its end (spec: pxar.md §4.2, §4.3).
 * Operations may run at the same time; each reads only what it needs.
 */
export class PxarAccessor {
  /** The archive, or the metadata stream of a split archive. */
  readonly metadata: RandomAccess;
  readonly payload: RandomAccess | undefined;
  /** 1, or 2 for split archives. */
  readonly version: number;
  /** Prelude of a split archive. */
  readonly prelude: Uint8Array | undefined;
  readonly root: PxarDirectory;
  readonly #memory: PositionMemory;

  private constructor(opened: OpenedArchive) {
    this.metadata = opened.metadata;
    this.payload = opened.payload;
    this.version = opened.version;
    this.prelude = opened.prelude;
    this.root = opened.root;
    this.#memory = opened.memory;
  }

  /**
   * Opens an archive.
   *
   * @param metadata The archive, or the metadata stream of a split archive.
   * @param payload The payload stream; without it everything but contents can be read.
   * @throws {CorruptDataError} if this is no archive or its start or end is damaged.
   */
  static async open(metadata: RandomAccess, payload?: RandomAccess): Promise<PxarAccessor> {
    const { size } = metadata;
    if (size < format.MIN_GOODBYE_SIZE) {
      throw new CorruptDataError(`archive: ${size} bytes are too few`);
    }
    const start = new RandomItems(metadata, 1);
    let position = 0;
    let version = 1;
    let prelude: Uint8Array | undefined;
    if (!start.find(0, size)) await start.load(0, size);
    if (start.row === format.FORMAT_VERSION) {
      const value = start.item.view.getBigUint64(start.item.start, true);
      if (value !== 1n && value !== 2n) {
        throw new CorruptDataError(`archive: format version ${value} is not known`);
      }
      version = Number(value);
      position = start.size;
      if (!start.find(position, size)) await start.load(position, size);
      if (start.row === format.PRELUDE) {
        prelude = start.item.bytes.slice(start.item.start, start.item.end);
        position += start.size;
      }
    }
    if (payload !== undefined && version === 2) await checkStartMarker(payload);
    const items = new RandomItems(metadata, version);
    const { entry } = await items.readHead(position, size);
    const node = { entry, end: size, pathLength: 0 };
    const memory = { held: 0 };
    const root = await PxarDirectory.open({
      access: metadata,
      version,
      node,
      head: position,
      memory,
      starts: [0, position],
    });
    return new PxarAccessor({ metadata, payload, version, prelude, root, memory });
  }

  /**
   * Opens an archive of which the start cannot be had: its root has made-up metadata.
   *
   * @throws {CorruptDataError} if its end is damaged as well.
   */
  static async openLost(
    metadata: RandomAccess,
    version: number,
    payload?: RandomAccess,
  ): Promise<PxarAccessor> {
    const memory = { held: 0 };
    const root = await PxarDirectory.openLost(
      { access: metadata, version, end: metadata.size, memory },
      { position: 0, depth: 0 },
    );
    return new PxarAccessor({ metadata, payload, version, prelude: undefined, root, memory });
  }

  /**
   * Opens the directory of which the start cannot be had.
   *
   * @param begin Its place: where its FILENAME item begins.
   * @throws {CorruptDataError} if no directory that begins there ends there.
   */
  async lostDirectory(
    begin: { readonly position: number; readonly depth: number },
    end: number,
  ): Promise<PxarDirectory> {
    const { metadata: access, version } = this;
    return await PxarDirectory.openLost({ access, version, end, memory: this.#memory }, begin);
  }

  /** Opens a directory that was found. @throws {NotFoundError} if it is something else. */
  async directory(node: PxarNode): Promise<PxarDirectory> {
    const { entry } = node;
    if (entry.kind !== "directory") throw new NotFoundError(`${shown(entry)} is not a directory`);
    if (entry.depth === 0) return this.root;
    const head = entry.position + format.HEADER_SIZE + entry.name.byteLength + 1;
    const { metadata: access, version } = this;
    return await PxarDirectory.open({ access, version, node, head, memory: this.#memory });
  }

  /**
   * Opens the directory that ends at a position, as {@linkcode PxarNode.end} of it told.
   *
   * @throws {CorruptDataError} if none ends there.
   */
  async directoryAt(end: number): Promise<PxarDirectory> {
    if (end === this.root.node.end) return this.root;
    const { metadata: access, version } = this;
    return await PxarDirectory.openAt({ access, version, end, memory: this.#memory });
  }

  /**
   * Reads the entry that is at a position, as {@linkcode PxarEntry.position} of it told; not the root.
   *
   * @throws {CorruptDataError} if none is there.
   */
  async entryAt(position: number): Promise<PxarEntry> {
    const { metadata, version } = this;
    return (await new RandomItems(metadata, version).readEntry(position, metadata.size, 1)).entry;
  }

  /**
   * Finds an entry by its path from the root; leading, double and trailing slashes and `.` components
   * do not count.
   *
   * @returns `undefined` if there is no such entry.
   * @throws {NotFoundError} if the path has a `..` component.
   */
  async lookupPath(path: Uint8Array): Promise<PxarNode | undefined> {
    let node = this.root.node;
    for (const name of components(path)) {
      if (node.entry.kind !== "directory") return undefined;
      const next = await (await this.directory(node)).lookup(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  /**
   * Follows a hard link to the file it stands for; other entries are returned as they are.
   *
   * @throws {CorruptDataError} if it leads to anything but a regular file.
   */
  async resolve(node: PxarNode): Promise<PxarNode> {
    const { entry } = node;
    if (entry.kind !== "hardlink") return node;
    const items = new RandomItems(this.metadata, this.version);
    const target = await items.readEntry(entry.targetPosition, entry.position, entry.depth);
    if (target.entry.kind !== "file") {
      throw new CorruptDataError(`archive: hard link ${shown(entry)} does not lead to a file`);
    }
    return { entry: target.entry, end: target.end, pathLength: node.pathLength };
  }

  /**
   * Place of a file's content, after a look at its header.
   *
   * @param entry A regular file; hard links have to be resolved first.
   * @throws {CorruptDataError} if the content is not there, or there is no payload stream.
   */
  async content(entry: PxarEntry): Promise<ContentRange> {
    if (entry.kind !== "file") throw new NotFoundError(`${shown(entry)} has no content`);
    const { size, payloadOffset } = entry;
    if (payloadOffset < 0) return { access: this.metadata, offset: entry.contentPosition, size };
    const access = this.payload;
    if (access === undefined) {
      throw new CorruptDataError("archive: contents are in a payload stream, which is missing");
    }
    const offset = payloadOffset + format.HEADER_SIZE;
    if (offset + size > access.size) {
      throw new CorruptDataError(
        `archive: content of ${shown(entry)} ends beyond the payload stream`,
      );
    }
    const header = await access.read(payloadOffset, format.HEADER_SIZE);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    checkPayloadHeader(view, payloadOffset, format.PAYLOAD, size);
    return { access, offset, size };
  }
}

async function checkStartMarker(payload: RandomAccess): Promise<void> {
  if (payload.size < format.HEADER_SIZE) {
    throw new CorruptDataError(`archive: payload stream of ${payload.size} bytes is too short`);
  }
  const header = await payload.read(0, format.HEADER_SIZE);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  checkPayloadHeader(view, 0, format.PAYLOAD_START_MARKER, 0);
}

function* components(path: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < path.byteLength;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.byteLength : slash;
    const name = path.subarray(start, end);
    start = end + 1;
    const text = name.byteLength <= 2 ? new TextDecoder().decode(name) : "";
    if (text === "..") throw new NotFoundError('path has a ".." component');
    if (name.byteLength > 0 && text !== ".") yield name;
  }
}

function shown(entry: PxarEntry): string {
  return `"${new TextDecoder().decode(entry.name)}"`;
}
