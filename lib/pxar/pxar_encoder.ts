import type { ByteSink } from "../chunking/mod.ts";
import { PbsError } from "../errors/mod.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "./file_type.ts";
import * as format from "./format.ts";
import { GoodbyeTable } from "./goodbye_table.ts";
import type { EntryMetadata } from "./metadata.ts";
import { hashName } from "./name_hash.ts";
import { ItemWriter } from "./_item_writer.ts";

/** A directory that was not left yet. */
interface OpenDirectory {
  readonly filenamePosition: number;
  /** Position of its ENTRY item; 0 for the root in both versions (spec: pxar.md §2.2). */
  readonly entryPosition: number;
  readonly hashLow: number;
  readonly hashHigh: number;
  readonly nameLength: number;
}

/**
 * Writes an archive entry by entry into one sink (version 1) or two (version 2, the split archive).
 *
 * All calls are synchronous and only append to the sinks; a caller awaits `drain()` of a sink once it
 * says `full`. Calls that add an entry return the position of its FILENAME item, which a later hard
 * link to it needs. Whatever violates the format is refused before anything is written
 * (spec: pxar.md §1.3, §3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const archive: number[] = [];
 * const encoder = new PxarEncoder({
 *   position: 0,
 *   full: false,
 *   write: (bytes) => void archive.push(...bytes),
 *   splice: () => {},
 *   drain: () => Promise.resolve(),
 * });
 * const common = { uid: 0, gid: 0, mtimeSecs: 1_700_000_000, mtimeNanos: 0, flags: 0 };
 * encoder.startArchive({ mode: 0o40755, ...common });
 * encoder.addFileBytes(new Uint8Array([97]), { mode: 0o100644, ...common }, new Uint8Array(5));
 * encoder.finish();
 * assertEquals(archive.length, 56 + (18 + 56 + 16 + 5) + 64);
 * ```
 */
export class PxarEncoder {
  readonly #sink: ByteSink;
  readonly #payload: ByteSink | undefined;
  readonly #items = new ItemWriter();
  readonly #table = new GoodbyeTable();
  readonly #directories: OpenDirectory[] = [];
  readonly #hash = new Uint32Array(2);
  #position = 0;
  #payloadPosition = 0;
  #lastPayloadOffset = 0;
  #contentLeft = 0;
  #pathLength = 0;
  #finished = false;

  /**
   * @param sink Receives the archive, or the metadata stream of a split archive.
   * @param payload Receives the payload stream; makes it a split archive.
   */
  constructor(sink: ByteSink, payload?: ByteSink) {
    this.#sink = sink;
    this.#payload = payload;
  }

  /** Bytes of the archive (of its metadata stream) so far. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the payload stream so far, advances included; 0 in version 1. */
  get payloadPosition(): number {
    return this.#payloadPosition;
  }

  /** Directories that are open below the root. */
  get depth(): number {
    return this.#directories.length - 1;
  }

  /**
   * Begins the archive; to be called first.
   *
   * @param root Metadata of the root directory.
   * @param prelude Opaque bytes for the start of a split archive (spec: pxar.md §1.6).
   */
  startArchive(root: EntryMetadata, prelude?: Uint8Array): void {
    if (this.#directories.length > 0 || this.#finished) {
      throw new PbsError("archive was started before");
    }
    requireType(root, S_IFDIR, "root directory");
    if (this.#payload === undefined && prelude !== undefined) {
      throw new PbsError("archive of version 1 cannot have a prelude");
    }
    const items = this.#items;
    items.clear();
    if (this.#payload !== undefined) items.u64s(format.FORMAT_VERSION, 2);
    if (prelude !== undefined) items.opaque(format.PRELUDE, prelude);
    items.stat(root);
    items.attributes(root);
    this.#emit();
    if (this.#payload !== undefined) this.#emitPayloadHeader(format.PAYLOAD_START_MARKER, 0);
    items.shrink();
    this.#directories.push({
      filenamePosition: 0,
      entryPosition: 0,
      hashLow: 0,
      hashHigh: 0,
      nameLength: 0,
    });
    this.#table.enter();
  }

  /**
   * Adds a regular file whose content comes from an open descriptor.
   *
   * @param size Bytes of content, from the descriptor's position on.
   * @param fd Taken over once this returns; the sink closes it.
   * @param tag Passed on to the sink for its reports.
   */
  addFile(
    name: Uint8Array,
    metadata: EntryMetadata,
    size: number,
    fd: number,
    tag: number,
  ): number {
    const position = this.#startFile(name, metadata, size);
    (this.#payload ?? this.#sink).splice(fd, size, tag);
    this.#contentWritten(size);
    return position;
  }

  /** Adds a regular file whose content is in memory. */
  addFileBytes(name: Uint8Array, metadata: EntryMetadata, content: Uint8Array): number {
    const position = this.#startFile(name, metadata, content.byteLength);
    if (content.byteLength > 0) {
      (this.#payload ?? this.#sink).write(content);
      this.#contentWritten(content.byteLength);
    }
    return position;
  }

  /**
   * Adds a regular file whose content follows through {@linkcode writeContent}, exactly `size`
   * bytes; as long as they are not complete every other call fails.
   */
  beginFile(name: Uint8Array, metadata: EntryMetadata, size: number): number {
    const position = this.#startFile(name, metadata, size);
    this.#contentLeft = size;
    return position;
  }

  /** Adds content to the file begun last. @throws if it is more than was announced. */
  writeContent(bytes: Uint8Array): void {
    if (bytes.byteLength > this.#contentLeft) {
      throw new PbsError(
        `file content exceeds its announced size by ${bytes.byteLength - this.#contentLeft} bytes`,
      );
    }
    (this.#payload ?? this.#sink).write(bytes);
    this.#contentLeft -= bytes.byteLength;
    this.#contentWritten(bytes.byteLength);
  }

  /**
   * Adds a regular file whose content lies in the payload stream already, or will be put there by
   * {@linkcode advancePayload} (spec: pxar.md §3, §5.9). Split archives only.
   *
   * @param offset Of the PAYLOAD header in the payload stream being written.
   * @param size Bytes of content without that header.
   */
  addReusedFile(name: Uint8Array, metadata: EntryMetadata, offset: number, size: number): number {
    if (this.#payload === undefined) {
      throw new PbsError("archive of version 1 cannot reuse contents");
    }
    requireSize(size, offset);
    const position = this.#startEntry(name, metadata, S_IFREG, "regular file");
    if (!Number.isSafeInteger(offset) || offset < this.#payloadPosition) {
      throw new PbsError(`reused content at ${offset} lies before ${this.#payloadPosition}`);
    }
    this.#payloadReference(offset, size);
    this.#emit();
    this.#record(position, 0);
    return position;
  }

  /**
   * Accounts for known chunks of together `size` bytes that are put into the payload stream here.
   */
  advancePayload(size: number): void {
    this.#requireOpen();
    if (this.#payload === undefined) {
      throw new PbsError("archive of version 1 has no payload stream");
    }
    if (
      !Number.isSafeInteger(size) || size < 0 ||
      size > Number.MAX_SAFE_INTEGER - this.#payloadPosition
    ) {
      throw new PbsError(`payload stream cannot advance by ${size} bytes`);
    }
    this.#payloadPosition += size;
  }

  /** Adds a symbolic link. */
  addSymlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): number {
    const position = this.#startEntry(name, metadata, S_IFLNK, "symlink");
    this.#items.symlink(target);
    return this.#finishEntry(position);
  }

  /**
   * Adds a further name of a file that is in the archive already.
   *
   * @param targetPath Of that file, relative to the archive root, without leading slash.
   * @param targetPosition What was returned when that file was added.
   */
  addHardlink(name: Uint8Array, targetPath: Uint8Array, targetPosition: number): number {
    this.#requireOpen();
    const position = this.#position;
    if (!(targetPosition >= 0 && targetPosition < position)) {
      throw new PbsError(`hard link at ${position} to ${targetPosition} does not point backwards`);
    }
    this.#startName(name);
    this.#items.hardlink(position - targetPosition, targetPath);
    return this.#finishEntry(position);
  }

  /** Adds a character or block device; the mode tells which. */
  addDevice(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): number {
    const type = (metadata.mode & S_IFMT) === S_IFBLK ? S_IFBLK : S_IFCHR;
    const position = this.#startEntry(name, metadata, type, "device");
    this.#items.u64s(format.DEVICE, major, minor);
    return this.#finishEntry(position);
  }

  /** Adds a named pipe. */
  addFifo(name: Uint8Array, metadata: EntryMetadata): number {
    return this.#finishEntry(this.#startEntry(name, metadata, S_IFIFO, "fifo"));
  }

  /** Adds a socket. */
  addSocket(name: Uint8Array, metadata: EntryMetadata): number {
    return this.#finishEntry(this.#startEntry(name, metadata, S_IFSOCK, "socket"));
  }

  /** Adds a directory and goes into it: what follows belongs to it until it is left. */
  enterDirectory(name: Uint8Array, metadata: EntryMetadata): number {
    const pathLength = this.#pathLength + name.byteLength + 1;
    if (this.depth >= format.MAX_DEPTH || pathLength > format.MAX_PATH_LENGTH) {
      throw new PbsError(`directories are nested too deeply: ${this.depth} levels`);
    }
    const position = this.#startEntry(name, metadata, S_IFDIR, "directory");
    const filenameSize = format.HEADER_SIZE + name.byteLength + 1;
    this.#directories.push({
      filenamePosition: position,
      entryPosition: position + filenameSize,
      hashLow: this.#hash[0]!,
      hashHigh: this.#hash[1]!,
      nameLength: name.byteLength,
    });
    this.#pathLength = pathLength;
    this.#emit();
    this.#table.enter();
    return position;
  }

  /** Ends the directory entered last. */
  leaveDirectory(): void {
    this.#requireOpen();
    if (this.depth === 0) throw new PbsError("no directory is open below the root");
    const directory = this.#endDirectory();
    this.#pathLength -= directory.nameLength + 1;
    const { filenamePosition, hashLow, hashHigh } = directory;
    this.#table.add(hashLow, hashHigh, filenamePosition, this.#position - filenamePosition);
  }

  /** Ends the archive; all directories below the root must have been left. */
  finish(): void {
    this.#requireOpen();
    if (this.depth > 0) throw new PbsError(`${this.depth} directories are still open`);
    this.#endDirectory();
    if (this.#payload !== undefined) this.#emitPayloadHeader(format.PAYLOAD_TAIL_MARKER, 0);
    this.#finished = true;
  }

  #requireOpen(): void {
    if (this.#contentLeft > 0) {
      throw new PbsError(`file content is ${this.#contentLeft} bytes short of its announced size`);
    }
    if (this.#directories.length === 0) {
      throw new PbsError(this.#finished ? "archive is finished" : "archive was not started");
    }
  }

  /** Collects FILENAME, ENTRY and attributes and returns the position they will have. */
  #startEntry(name: Uint8Array, metadata: EntryMetadata, type: number, kind: string): number {
    this.#requireOpen();
    requireType(metadata, type, kind);
    this.#startName(name);
    this.#items.stat(metadata);
    this.#items.attributes(metadata);
    return this.#position;
  }

  #startName(name: Uint8Array): void {
    this.#items.clear();
    this.#items.filename(name);
    hashName(name, 0, name.byteLength, this.#hash, 0);
  }

  /** Writes everything of a regular file except its content. */
  #startFile(name: Uint8Array, metadata: EntryMetadata, size: number): number {
    requireSize(size, this.#position + this.#payloadPosition);
    const position = this.#startEntry(name, metadata, S_IFREG, "regular file");
    if (this.#payload === undefined) {
      this.#items.header(format.PAYLOAD, size, 0);
      this.#emit();
    } else {
      this.#payloadReference(this.#payloadPosition, size);
      this.#emit();
      this.#emitPayloadHeader(format.PAYLOAD, size);
    }
    // In version 2 the size counts although the content is in the other stream (spec: pxar.md §2.2).
    this.#record(position, size);
    return position;
  }

  #payloadReference(offset: number, size: number): void {
    if (offset <= this.#lastPayloadOffset) {
      throw new PbsError(
        `content at ${offset} of the payload stream does not lie after ${this.#lastPayloadOffset}`,
      );
    }
    this.#items.u64s(format.PAYLOAD_REF, offset, size);
    this.#lastPayloadOffset = offset;
  }

  #contentWritten(size: number): void {
    if (this.#payload === undefined) this.#position += size;
    else this.#payloadPosition += size;
  }

  #finishEntry(position: number): number {
    this.#emit();
    this.#record(position, 0);
    return position;
  }

  /** Adds the entry at `position` to the table of its directory. */
  #record(position: number, contentSize: number): void {
    const size = this.#position - position + contentSize;
    this.#table.add(this.#hash[0]!, this.#hash[1]!, position, size);
  }

  #endDirectory(): OpenDirectory {
    const directory = this.#directories.pop()!;
    this.#items.clear();
    const room = this.#items.room(this.#table.encodedSize);
    this.#table.encode(room, this.#position, directory.entryPosition);
    this.#table.leave();
    this.#emit();
    this.#items.shrink();
    return directory;
  }

  #emit(): void {
    this.#sink.write(this.#items.view());
    this.#position += this.#items.length;
  }

  #emitPayloadHeader(row: number, contentSize: number): void {
    this.#items.clear();
    this.#items.header(row, contentSize, 0);
    this.#payload!.write(this.#items.view());
    this.#payloadPosition += this.#items.length;
  }
}

function requireType(metadata: EntryMetadata, type: number, kind: string): void {
  if ((metadata.mode & S_IFMT) !== type) {
    throw new PbsError(`mode 0${metadata.mode.toString(8)} does not belong to a ${kind}`);
  }
}

/** Keeps every position within what a number holds exactly, with room for metadata. */
function requireSize(size: number, position: number): void {
  if (
    !Number.isSafeInteger(size) || size < 0 || size + position > Number.MAX_SAFE_INTEGER - 2 ** 40
  ) {
    throw new PbsError(`file of ${size} bytes cannot be archived`);
  }
}
