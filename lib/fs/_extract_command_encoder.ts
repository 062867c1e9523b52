import {
  EXTRACT_BARE_BYTES,
  EXTRACT_ENTRY_BYTES,
  EXTRACT_PIECE_BYTES,
  EXTRACT_PIECES_BYTES,
  ExtractBareWord as Bare,
  ExtractEntryWord as Entry,
  ExtractOp,
  ExtractPiecesWord as Pieces,
  ExtractPieceWord as Piece,
  ExtractTag,
  PieceChunk,
} from "../../ffi/native_layout.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  aclToXattrs,
  type EntryMetadata,
  fatAttributesFromAttributes,
  linuxFlagsFromAttributes,
  S_IFDIR,
} from "../pxar/mod.ts";
import type { ExtractOptions } from "./extract_options.ts";

/** Words of the fixed part of each command and of a piece. */
const BARE_WORDS = EXTRACT_BARE_BYTES / 4;
const ENTRY_WORDS = EXTRACT_ENTRY_BYTES / 4;
const PIECES_WORDS = EXTRACT_PIECES_BYTES / 4;
const PIECE_WORDS = EXTRACT_PIECE_BYTES / 4;
const SLASH = 0x2f;
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

/** Metadata for an entry that exists. */
export interface MendedMetadata extends EntryMetadata {
  /** Names of extended attributes that it must not have. */
  readonly removedXattrs?: readonly Uint8Array[];
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
  /** Start of the pending command with pieces, in words; -1 for none. */
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

  root(metadata: MendedMetadata): void {
    const start = this.#begin(ExtractOp.Root, undefined, metadata, 0);
    this.#extras(start, metadata);
    this.#end(start);
  }

  enterDirectory(name: Uint8Array, metadata: MendedMetadata): void {
    const start = this.#begin(ExtractOp.Enter, name, metadata, 0);
    this.#extras(start, metadata);
    this.#end(start);
  }

  leaveDirectory(): void {
    this.#bare(ExtractOp.Leave);
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): void {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new CorruptDataError(`file "${text(name)}" has an impossible size of ${sizeBytes}`);
    }
    const start = this.#begin(ExtractOp.FileBegin, name, metadata, 0);
    this.#words[start + Entry.number] = sizeBytes;
    this.#words[start + Entry.number + 1] = Math.floor(sizeBytes / 0x1_0000_0000);
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
    if (last >= 0 && words[last + Piece.offset]! + words[last + Piece.length]! === offset) {
      words[last + Piece.length]! += lengthBytes;
      return;
    }
    const at = this.#piece(PIECE_WORDS);
    this.#words[at + Piece.chunk] = this.#chunkCount - 1;
    this.#words[at + Piece.offset] = offset;
    this.#words[at + Piece.length] = lengthBytes;
    this.#lastPiece = at;
  }

  inlineData(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#take(bytes.length);
    const at = this.#piece(PIECE_WORDS + ((bytes.length + 3) >> 2));
    this.#words[at + Piece.chunk] = PieceChunk.Inline;
    this.#words[at + Piece.offset] = 0;
    this.#words[at + Piece.length] = bytes.length;
    this.#bytes.set(bytes, (at + PIECE_WORDS) * 4);
    this.#lastPiece = -1;
  }

  endFile(): void {
    if (!this.#inFile) throw new RangeError("a file ends that did not begin");
    if (this.#remaining !== 0) throw new RangeError(`file ends ${this.#remaining} bytes early`);
    this.#inFile = false;
    const start = this.#open;
    const whole = start >= 0 && (this.#words[start + Bare.op]! & 0xff) === ExtractOp.FileBegin;
    if (whole) this.#words[start + Bare.op]! += ExtractOp.File - ExtractOp.FileBegin;
    this.#closePieces();
    if (!whole) this.#bare(ExtractOp.FileEnd);
  }

  /** Gives up the file that has begun, here or in earlier buffers. */
  dropFile(): void {
    if (!this.#inFile) throw new RangeError("a file is given up that did not begin");
    this.#inFile = false;
    this.#closePieces();
    this.#bare(ExtractOp.FileDrop);
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    const start = this.#begin(ExtractOp.Symlink, name, metadata, target.length + 4);
    this.#extras(start, metadata);
    this.#target(start, target);
    this.#end(start);
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    const start = this.#begin(ExtractOp.Hardlink, name, undefined, targetPath.length + 4);
    this.#target(start, targetPath);
    this.#end(start);
  }

  node(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    const start = this.#begin(ExtractOp.Node, name, metadata, 0);
    this.#words[start + Entry.number] = major;
    this.#words[start + Entry.number + 1] = minor;
    this.#extras(start, metadata);
    this.#end(start);
  }

  /** Gives an entry that exists, and is no directory, its metadata. */
  mend(name: Uint8Array, metadata: MendedMetadata): void {
    const start = this.#begin(ExtractOp.Mend, name, metadata, 0);
    this.#extras(start, metadata);
    this.#end(start);
  }

  /** Removes what is at a path below the current directory; a directory only if it is empty. */
  remove(path: Uint8Array, isDirectory: boolean): void {
    const name = path.subarray(path.lastIndexOf(SLASH) + 1);
    const start = this.#begin(ExtractOp.Remove, name, undefined, path.length + 4);
    this.#words[start + Entry.mode] = isDirectory ? S_IFDIR : 0;
    this.#target(start, path);
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
    this.#reserve(ENTRY_WORDS + ((nameLength + moreBytes) >> 2) + 4);
    const start = this.#at;
    const words = this.#words;
    words[start + Entry.op] = op | nameLength << 16;
    if (metadata === undefined) {
      words.fill(0, start + BARE_WORDS, start + Entry.number);
    } else {
      const { mode, mtimeSecs } = metadata;
      // spec: pxar.md §6.4: more than type and permission bits is an error.
      if (!(mode >= 0 && mode <= 0o177777)) {
        throw new CorruptDataError(
          `entry "${name ? text(name) : "/"}" has an impossible mode of 0${mode.toString(8)}`,
        );
      }
      words[start + Entry.mode] = mode;
      words[start + Entry.uid] = metadata.uid;
      words[start + Entry.gid] = metadata.gid;
      words[start + Entry.mtimeNanos] = metadata.mtimeNanos;
      words[start + Entry.mtimeSecs] = mtimeSecs;
      words[start + Entry.mtimeSecs + 1] = Math.floor(mtimeSecs / 0x1_0000_0000);
    }
    words[start + Entry.number] = 0;
    words[start + Entry.number + 1] = 0;
    words[start + Entry.extrasLength] = 0;
    words[start + Entry.count] = 0;
    this.#at = start + ENTRY_WORDS;
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
    this.#words[start + Entry.count] = target.length;
    this.#string(target);
  }

  #end(start: number): void {
    if ((this.#at & 1) !== 0) this.#words[this.#at++] = 0;
    this.#words[start + Bare.length] = (this.#at - start) * 4;
  }

  #bare(op: number): void {
    if (this.#inFile) throw new RangeError("a directory ends within a file");
    this.#reserve(BARE_WORDS);
    this.#words[this.#at + Bare.length] = EXTRACT_BARE_BYTES;
    this.#words[this.#at + Bare.op] = op;
    this.#at += BARE_WORDS;
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
      this.#words[this.#at + Pieces.op] = ExtractOp.FilePieces;
      this.#words[this.#at + Pieces.count] = 0;
      this.#words[this.#at + Pieces.reserved] = 0;
      this.#at += PIECES_WORDS;
    }
    const at = this.#at;
    this.#openPieces++;
    this.#at += words;
    return at;
  }

  #closePieces(): void {
    const start = this.#open;
    if (start < 0) return;
    const whole = (this.#words[start + Bare.op]! & 0xff) !== ExtractOp.FilePieces;
    this.#words[start + (whole ? Entry.count : Pieces.count)] = this.#openPieces;
    this.#end(start);
    this.#open = -1;
    this.#lastPiece = -1;
  }

  #extras(start: number, metadata: MendedMetadata): void {
    const { xattrs, acl, fcaps, projectId, flags, removedXattrs } = metadata;
    const wanted = this.#options.ignoreFlags ? 0 : flags & this.#withExtras;
    if (
      wanted === 0 && xattrs === undefined && acl === undefined && fcaps === undefined &&
      projectId === undefined && removedXattrs === undefined
    ) return;
    const from = this.#at;
    for (const name of removedXattrs ?? []) this.#extra(ExtractTag.RemoveXattr, name);
    const options = this.#options;
    if (xattrs !== undefined && !options.ignoreXattrs) {
      for (const { name, value } of xattrs) {
        const bytes = new Uint8Array(name.length + 1 + value.length);
        bytes.set(name);
        bytes.set(value, name.length + 1);
        this.#extra(ExtractTag.Xattr, bytes);
      }
    }
    if (fcaps !== undefined && !options.ignoreFcaps) this.#extra(ExtractTag.Fcaps, fcaps);
    if (acl !== undefined && !options.ignoreAcls) {
      const { access, byDefault } = aclToXattrs(acl, metadata.mode);
      this.#extra(ExtractTag.AclAccess, access);
      if (byDefault !== undefined) this.#extra(ExtractTag.AclDefault, byDefault);
    }
    if (projectId !== undefined && !options.ignoreFlags) {
      this.#extra(ExtractTag.ProjectId, new Uint8Array(Uint32Array.of(projectId).buffer));
    }
    if (wanted !== 0) {
      const linux = linuxFlagsFromAttributes(wanted);
      const fat = fatAttributesFromAttributes(wanted);
      if (linux !== 0 || fat !== 0) {
        this.#extra(ExtractTag.Flags, new Uint8Array(Uint32Array.of(linux, fat).buffer));
      }
    }
    this.#words[start + Entry.extrasLength] = (this.#at - from) * 4;
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
