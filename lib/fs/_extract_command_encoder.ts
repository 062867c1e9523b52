import { CorruptDataError } from "../errors/mod.ts";
import {
  aclToXattrs,
  type EntryMetadata,
  fatAttributesFromAttributes,
  linuxFlagsFromAttributes,
} from "../pxar/mod.ts";
import type { ExtractOptions } from "./extract_options.ts";

// Layout of commands: native/include/pbs_extract.h.
const OP_ROOT = 1;
const OP_ENTER = 2;
const OP_LEAVE = 3;
const OP_FILE = 4;
const OP_FILE_BEGIN = 5;
const OP_FILE_PIECES = 6;
const OP_FILE_END = 7;
const OP_SYMLINK = 8;
const OP_HARDLINK = 9;
const OP_NODE = 10;
const OP_FILE_DROP = 11;

const TAG_XATTR = 1;
const TAG_FCAPS = 2;
const TAG_ACL_ACCESS = 3;
const TAG_ACL_DEFAULT = 4;
const TAG_PROJECT_ID = 5;
const TAG_FLAGS = 6;

/** Words of the fixed part of a command with metadata. */
const FIXED_WORDS = 12;
/** In the place of a chunk number: the bytes follow in the command itself. */
const INLINE_CHUNK = 0xffff_ffff;
const MAX_NAME_LENGTH = 4096;
const MAX_CHUNKS = 4096;
const INITIAL_CAPACITY = 256 * 1024;

/** Commands that were collected, to be handed to the native extractor. */
export interface ExtractCommands {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of `bytes` that are in use. */
  readonly length: number;
  /** Address and length of each chunk that the commands refer to, in turn. */
  readonly chunks: BigUint64Array<ArrayBuffer>;
  /** Chunks in use. */
  readonly chunkCount: number;
}

/** Packs what is to be made into commands of the native extractor. One object, reused. */
export class ExtractCommandEncoder {
  readonly #options: ExtractOptions;
  readonly #withExtras: number;
  #bytes!: Uint8Array<ArrayBuffer>;
  #words!: Uint32Array<ArrayBuffer>;
  #chunks!: BigUint64Array<ArrayBuffer>;
  /** In words. */
  #at = 0;
  #chunkCount = 0;
  /** Where the pending command with pieces starts, in words; -1 for none. */
  #open = -1;
  #openPieces = 0;
  /** Word of the last piece, to lengthen it; -1 for none. */
  #lastPiece = -1;
  /** Between `beginFile` and `endFile`. */
  #inFile = false;
  #remaining = 0;

  /** @param options Decides which metadata is passed on. */
  constructor(options: ExtractOptions) {
    this.#options = options;
    this.#withExtras = options.attributeFlags ?? 0xffff_ffff;
    this.#allocate(new Uint8Array(INITIAL_CAPACITY), new BigUint64Array(64));
  }

  /** Bytes collected so far. */
  get length(): number {
    return this.#at * 4;
  }

  /** Whether a file has begun and not ended. */
  get inFile(): boolean {
    return this.#inFile;
  }

  /** Makes a chunk the one that `data` refers to. */
  useChunk(address: bigint, sizeBytes: number): void {
    if (this.#chunkCount >= MAX_CHUNKS) throw new RangeError("too many chunks without a submit");
    if (this.#chunkCount * 2 === this.#chunks.length) {
      const grown = new BigUint64Array(this.#chunks.length * 2);
      grown.set(this.#chunks);
      this.#chunks = grown;
    }
    this.#chunks[this.#chunkCount * 2] = address;
    this.#chunks[this.#chunkCount * 2 + 1] = BigInt(sizeBytes);
    this.#chunkCount++;
    this.#lastPiece = -1;
  }

  root(metadata: EntryMetadata): void {
    const start = this.#begin(OP_ROOT, undefined, metadata, 0);
    this.#extras(start, metadata);
    this.#end(start);
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    const start = this.#begin(OP_ENTER, name, metadata, 0);
    this.#extras(start, metadata);
    this.#end(start);
  }

  leaveDirectory(): void {
    this.#bare(OP_LEAVE);
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): void {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new CorruptDataError(`file "${text(name)}" has an impossible size of ${sizeBytes}`);
    }
    const start = this.#begin(OP_FILE_BEGIN, name, metadata, 0);
    this.#words[start + 8] = sizeBytes;
    this.#words[start + 9] = Math.floor(sizeBytes / 0x1_0000_0000);
    this.#extras(start, metadata);
    this.#open = start;
    this.#openPieces = 0;
    this.#lastPiece = -1;
    this.#inFile = true;
    this.#remaining = sizeBytes;
  }

  data(offset: number, lengthBytes: number): void {
    if (lengthBytes === 0) return;
    if (this.#chunkCount === 0) throw new RangeError("data without a chunk");
    this.#take(lengthBytes);
    const last = this.#lastPiece;
    const words = this.#words;
    if (last >= 0 && words[last + 1]! + words[last + 2]! === offset) {
      words[last + 2]! += lengthBytes;
      return;
    }
    const at = this.#piece(3);
    this.#words[at] = this.#chunkCount - 1;
    this.#words[at + 1] = offset;
    this.#words[at + 2] = lengthBytes;
    this.#lastPiece = at;
  }

  inlineData(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#take(bytes.length);
    const at = this.#piece(3 + ((bytes.length + 3) >> 2));
    this.#words[at] = INLINE_CHUNK;
    this.#words[at + 1] = 0;
    this.#words[at + 2] = bytes.length;
    this.#bytes.set(bytes, (at + 3) * 4);
    this.#lastPiece = -1;
  }

  endFile(): void {
    if (!this.#inFile) throw new RangeError("a file ends that did not begin");
    if (this.#remaining !== 0) throw new RangeError(`file ends ${this.#remaining} bytes early`);
    this.#inFile = false;
    const start = this.#open;
    const whole = start >= 0 && (this.#words[start + 1]! & 0xff) === OP_FILE_BEGIN;
    if (whole) this.#words[start + 1]! += OP_FILE - OP_FILE_BEGIN;
    this.#closePieces();
    if (!whole) this.#bare(OP_FILE_END);
  }

  /** Gives up the file that has begun, here or in earlier buffers. */
  dropFile(): void {
    if (!this.#inFile) throw new RangeError("a file is given up that did not begin");
    this.#inFile = false;
    this.#closePieces();
    this.#bare(OP_FILE_DROP);
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    const start = this.#begin(OP_SYMLINK, name, metadata, target.length + 4);
    this.#extras(start, metadata);
    this.#target(start, target);
    this.#end(start);
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    const start = this.#begin(OP_HARDLINK, name, undefined, targetPath.length + 4);
    this.#target(start, targetPath);
    this.#end(start);
  }

  node(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    const start = this.#begin(OP_NODE, name, metadata, 0);
    this.#words[start + 8] = major;
    this.#words[start + 9] = minor;
    this.#extras(start, metadata);
    this.#end(start);
  }

  /** Hands out what was collected and goes on with other buffers. */
  take(bytes: Uint8Array<ArrayBuffer>, chunks: BigUint64Array<ArrayBuffer>): ExtractCommands {
    if (this.#open >= 0) this.#closePieces();
    const commands = {
      bytes: this.#bytes,
      length: this.#at * 4,
      chunks: this.#chunks,
      chunkCount: this.#chunkCount,
    };
    this.#allocate(bytes, chunks);
    this.#at = 0;
    this.#chunkCount = 0;
    return commands;
  }

  #allocate(bytes: Uint8Array<ArrayBuffer>, chunks: BigUint64Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    this.#chunks = chunks;
  }

  /** Makes sure that `words` more fit. */
  #reserve(words: number): void {
    const needed = this.#at + words + 2;
    if (needed <= this.#words.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, needed * 4 + 4096) & ~7);
    grown.set(this.#bytes.subarray(0, this.#at * 4));
    this.#allocate(grown, this.#chunks);
  }

  #begin(
    op: number,
    name: Uint8Array | undefined,
    metadata: EntryMetadata | undefined,
    moreBytes: number,
  ): number {
    if (this.#inFile) throw new RangeError("an entry begins within a file");
    const nameLength = name === undefined ? 0 : name.length;
    if (nameLength > MAX_NAME_LENGTH) {
      throw new CorruptDataError(`name of ${nameLength} bytes is too long`);
    }
    this.#reserve(FIXED_WORDS + ((nameLength + moreBytes) >> 2) + 4);
    const start = this.#at;
    const words = this.#words;
    words[start + 1] = op | nameLength << 16;
    if (metadata === undefined) {
      words.fill(0, start + 2, start + 8);
    } else {
      const { mode, mtimeSecs } = metadata;
      // spec: pxar.md §6.4: more than type and permission bits is an error.
      if (!(mode >= 0 && mode <= 0o177777)) {
        throw new CorruptDataError(
          `entry "${name ? text(name) : "/"}" has an impossible mode of 0${mode.toString(8)}`,
        );
      }
      words[start + 2] = mode;
      words[start + 3] = metadata.uid;
      words[start + 4] = metadata.gid;
      words[start + 5] = metadata.mtimeNanos;
      words[start + 6] = mtimeSecs;
      words[start + 7] = Math.floor(mtimeSecs / 0x1_0000_0000);
    }
    words[start + 8] = 0;
    words[start + 9] = 0;
    words[start + 10] = 0;
    words[start + 11] = 0;
    this.#at = start + FIXED_WORDS;
    if (name !== undefined) this.#string(name);
    return start;
  }

  /** Appends bytes and at least one NUL. */
  #string(bytes: Uint8Array): void {
    const at = this.#at;
    const length = bytes.length;
    const words = (length >> 2) + 1;
    this.#words[at + words - 1] = 0;
    const target = this.#bytes;
    let to = at * 4;
    // A loop beats `set` for short names.
    if (length < 32) { for (let i = 0; i < length; i++) target[to++] = bytes[i]!; }
    else target.set(bytes, to);
    this.#at = at + words;
  }

  #target(start: number, target: Uint8Array): void {
    this.#reserve((target.length >> 2) + 2);
    this.#words[start + 11] = target.length;
    this.#string(target);
  }

  #end(start: number): void {
    if ((this.#at & 1) !== 0) this.#words[this.#at++] = 0;
    this.#words[start] = (this.#at - start) * 4;
  }

  #bare(op: number): void {
    if (this.#inFile) throw new RangeError("a directory ends within a file");
    this.#reserve(2);
    this.#words[this.#at++] = 8;
    this.#words[this.#at++] = op;
  }

  #take(lengthBytes: number): void {
    if (!this.#inFile) throw new RangeError("data without a file");
    if (!(lengthBytes > 0 && lengthBytes <= this.#remaining)) {
      throw new RangeError(`${lengthBytes} bytes given where ${this.#remaining} are left`);
    }
    this.#remaining -= lengthBytes;
  }

  /** Room for a piece in the pending command; begins one where the file began in earlier buffers. */
  #piece(words: number): number {
    this.#reserve(words + 4);
    if (this.#open < 0) {
      this.#open = this.#at;
      this.#openPieces = 0;
      this.#words[this.#at + 1] = OP_FILE_PIECES;
      this.#at += 4;
      this.#words[this.#open + 2] = 0;
      this.#words[this.#open + 3] = 0;
    }
    const at = this.#at;
    this.#openPieces++;
    this.#at += words;
    return at;
  }

  #closePieces(): void {
    const start = this.#open;
    if (start < 0) return;
    const whole = (this.#words[start + 1]! & 0xff) !== OP_FILE_PIECES;
    this.#words[start + (whole ? 11 : 2)] = this.#openPieces;
    this.#end(start);
    this.#open = -1;
    this.#lastPiece = -1;
  }

  #extras(start: number, metadata: EntryMetadata): void {
    const { xattrs, acl, fcaps, projectId, flags } = metadata;
    const wanted = this.#options.ignoreFlags ? 0 : flags & this.#withExtras;
    if (
      wanted === 0 && xattrs === undefined && acl === undefined && fcaps === undefined &&
      projectId === undefined
    ) return;
    const from = this.#at;
    const options = this.#options;
    if (xattrs !== undefined && !options.ignoreXattrs) {
      for (const { name, value } of xattrs) {
        const bytes = new Uint8Array(name.length + 1 + value.length);
        bytes.set(name);
        bytes.set(value, name.length + 1);
        this.#extra(TAG_XATTR, bytes);
      }
    }
    if (fcaps !== undefined && !options.ignoreFcaps) this.#extra(TAG_FCAPS, fcaps);
    if (acl !== undefined && !options.ignoreAcls) {
      const { access, byDefault } = aclToXattrs(acl, metadata.mode);
      this.#extra(TAG_ACL_ACCESS, access);
      if (byDefault !== undefined) this.#extra(TAG_ACL_DEFAULT, byDefault);
    }
    if (projectId !== undefined && !options.ignoreFlags) {
      this.#extra(TAG_PROJECT_ID, new Uint8Array(Uint32Array.of(projectId).buffer));
    }
    if (wanted !== 0) {
      const linux = linuxFlagsFromAttributes(wanted);
      const fat = fatAttributesFromAttributes(wanted);
      if (linux !== 0 || fat !== 0) {
        this.#extra(TAG_FLAGS, new Uint8Array(Uint32Array.of(linux, fat).buffer));
      }
    }
    this.#words[start + 10] = (this.#at - from) * 4;
  }

  #extra(tag: number, bytes: Uint8Array): void {
    const words = 1 + ((bytes.length + 3) >> 2);
    this.#reserve(words + 4);
    this.#words[this.#at] = tag | bytes.length << 8;
    this.#bytes.set(bytes, (this.#at + 1) * 4);
    this.#at += words;
  }
}

/** A name for a message. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
