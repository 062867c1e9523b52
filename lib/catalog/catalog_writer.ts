import type { ByteSink } from "../chunking/mod.ts";
import { PbsError } from "../errors/mod.ts";
import {
  CATALOG_MAGIC,
  type CatalogType,
  DIRECTORY_TYPE,
  FILE_TYPE,
  MAX_SIGNED_VARINT,
  MAX_UNSIGNED_VARINT,
  NAME_LENGTH_LIMIT,
  ROOT_POINTER_SIZE,
} from "./format.ts";
import { writeSignedVarint, writeUnsignedVarint } from "./varint.ts";

interface OpenDirectory {
  readonly name: Uint8Array;
  /** Start of its entries in the arena. */
  readonly first: number;
  /** Index of its first subdirectory. */
  readonly firstChild: number;
  count: number;
}

/**
 * Writes a catalog while the archives it lists are made. What is known of a directory is written when
 * it is left, so only the open ones are in memory (spec: pxar.md §7.2).
 *
 * All calls are synchronous; the caller awaits `drain()` of the sink once that is `full`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeHex } from "../bytes/mod.ts";
 * let hex = "";
 * const catalog = new CatalogWriter({
 *   position: 0,
 *   full: false,
 *   write: (bytes) => void (hex += encodeHex(bytes)),
 *   splice: () => {},
 *   drain: () => Promise.resolve(),
 * });
 * catalog.finish();
 * assertEquals(hex, "91fd60f9c46758d5" + "0100" + "0800000000000000");
 * ```
 */
export class CatalogWriter {
  readonly #sink: ByteSink;
  #position = CATALOG_MAGIC.byteLength;
  /** Encoded entries of all open directories, those of children above those of their parents. */
  #arena = new Uint8Array(64 * 1024);
  #used = 0;
  readonly #open: OpenDirectory[] = [
    { name: new Uint8Array(), first: 0, firstChild: 0, count: 0 },
  ];
  /**
   * Block positions of the subdirectories seen so far, and where in the arena their distances
   * belong: those count from the parent's block, whose position is not known before it is written.
   */
  readonly #childPositions: number[] = [];
  readonly #childOffsets: number[] = [];
  #block = new Uint8Array(64 * 1024);
  readonly #head = new Uint8Array(MAX_UNSIGNED_VARINT);
  #finished = false;

  /** Begins the catalog. */
  constructor(sink: ByteSink) {
    this.#sink = sink;
    sink.write(CATALOG_MAGIC);
  }

  /** Begins an archive. @param name Of the file on the server, such as `root.pxar.didx`. */
  startArchive(name: string): void {
    if (this.#open.length !== 1) throw new PbsError("catalog: the last archive has not ended");
    this.#enter(new TextEncoder().encode(name));
  }

  /** Ends the archive begun last. */
  endArchive(): void {
    if (this.#open.length !== 2) {
      throw new PbsError("catalog: no archive to end, or not all of it left");
    }
    this.#leave();
  }

  /** Begins a directory. */
  enterDirectory(name: Uint8Array): void {
    this.#requireArchive();
    this.#enter(name);
  }

  /** Ends the directory entered last. */
  leaveDirectory(): void {
    if (this.#open.length < 3) throw new PbsError("catalog: no directory is open");
    this.#leave();
  }

  /** Adds a regular file. @param mtimeSecs Whole seconds since the epoch, may be negative. */
  addFile(name: Uint8Array, size: number, mtimeSecs: number): void {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new PbsError(`catalog: file of ${size} bytes`);
    }
    this.#requireArchive();
    this.#start(FILE_TYPE, name);
    this.#used = writeUnsignedVarint(this.#arena, this.#used, size);
    this.#used = writeSignedVarint(this.#arena, this.#used, mtimeSecs);
  }

  /** Adds an entry that is neither file nor directory. */
  add(type: Exclude<CatalogType, "d" | "f">, name: Uint8Array): void {
    this.#requireArchive();
    this.#start(type.charCodeAt(0), name);
  }

  /** Writes the root; all archives must have ended. */
  finish(): void {
    if (this.#open.length !== 1) throw new PbsError("catalog: an archive has not ended");
    this.#requireOpen();
    const root = this.#position;
    this.#writeBlock(this.#open[0]!);
    const pointer = new DataView(new ArrayBuffer(ROOT_POINTER_SIZE));
    pointer.setBigUint64(0, BigInt(root), true);
    this.#sink.write(new Uint8Array(pointer.buffer));
    this.#finished = true;
  }

  #enter(name: Uint8Array): void {
    this.#requireOpen();
    this.#requireName(name);
    const firstChild = this.#childPositions.length;
    this.#open.push({ name: name.slice(), first: this.#used, firstChild, count: 0 });
  }

  #leave(): void {
    const directory = this.#open.pop()!;
    const position = this.#position;
    this.#writeBlock(directory);
    this.#start(DIRECTORY_TYPE, directory.name);
    this.#childPositions.push(position);
    this.#childOffsets.push(this.#used);
  }

  /** Adds type and name of an entry and makes room for what follows. */
  #start(type: number, name: Uint8Array): void {
    this.#requireOpen();
    this.#requireName(name);
    const length = name.byteLength;
    const room = 1 + MAX_UNSIGNED_VARINT + length + MAX_UNSIGNED_VARINT + MAX_SIGNED_VARINT;
    if (this.#used + room > this.#arena.byteLength) {
      const larger = new Uint8Array(2 * (this.#used + room));
      larger.set(this.#arena.subarray(0, this.#used));
      this.#arena = larger;
    }
    const arena = this.#arena;
    arena[this.#used] = type;
    let at = writeUnsignedVarint(arena, this.#used + 1, length);
    for (let i = 0; i < length; i++) arena[at++] = name[i]!;
    this.#used = at;
    this.#open.at(-1)!.count++;
  }

  /** Writes the block of a directory and forgets its entries. */
  #writeBlock({ first, firstChild, count }: OpenDirectory): void {
    const children = this.#childPositions.length - firstChild;
    const room = this.#used - first + MAX_UNSIGNED_VARINT * (children + 2);
    if (room > this.#block.byteLength) this.#block = new Uint8Array(2 * room);
    const block = this.#block;
    // The length comes first but is known last: the rest is put together after the room for it.
    let at = writeUnsignedVarint(block, MAX_UNSIGNED_VARINT, count);
    let copied = first;
    for (let child = firstChild; child < firstChild + children; child++) {
      const offset = this.#childOffsets[child]!;
      block.set(this.#arena.subarray(copied, offset), at);
      at += offset - copied;
      at = writeUnsignedVarint(block, at, this.#position - this.#childPositions[child]!);
      copied = offset;
    }
    block.set(this.#arena.subarray(copied, this.#used), at);
    at += this.#used - copied;
    const length = at - MAX_UNSIGNED_VARINT;
    const headSize = writeUnsignedVarint(this.#head, 0, length);
    const start = MAX_UNSIGNED_VARINT - headSize;
    block.set(this.#head.subarray(0, headSize), start);
    this.#sink.write(block.subarray(start, at));
    this.#position += headSize + length;
    this.#used = first;
    this.#childPositions.length = firstChild;
    this.#childOffsets.length = firstChild;
  }

  #requireOpen(): void {
    if (this.#finished) throw new PbsError("catalog: is finished");
  }

  #requireArchive(): void {
    if (this.#open.length < 2) throw new PbsError("catalog: no archive was started");
  }

  #requireName(name: Uint8Array): void {
    if (name.byteLength === 0 || name.byteLength >= NAME_LENGTH_LIMIT) {
      throw new PbsError(`catalog: name of ${name.byteLength} bytes cannot be listed`);
    }
  }
}
