import { CorruptDataError } from "../errors/mod.ts";
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
import type { AclDefault, AclEntry, EntryMetadata, Xattr } from "./metadata.ts";
import type { EntryKind, PxarEntry } from "./pxar_entry.ts";
import { isPlainPath } from "./_plain_path.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const ALL_ONES = 0xffff_ffff;
/** Largest double below 2^63. */
const LATEST_SECOND = 2 ** 63 - 1024;
const NO_BYTES = new Uint8Array();

/** Bytes holding one complete item, and where its content lies in them. */
export interface ItemBytes {
  bytes: Uint8Array;
  view: DataView;
  start: number;
  end: number;
}

class Attributes {
  users: AclEntry[] = [];
  groups: AclEntry[] = [];
  groupObject: number | undefined = undefined;
  default: AclDefault | undefined = undefined;
  defaultUsers: AclEntry[] = [];
  defaultGroups: AclEntry[] = [];
}

class Metadata implements EntryMetadata {
  mode = 0;
  uid = 0;
  gid = 0;
  mtimeSecs = 0;
  mtimeNanos = 0;
  flags = 0;
  xattrs: Xattr[] | undefined = undefined;
  acl: Attributes | undefined = undefined;
  fcaps: Uint8Array | undefined = undefined;
  projectId: number | undefined = undefined;
}

/**
 * An entry that grows item by item. Sequential and random access share it, so that both apply the same
 * checks (spec: pxar.md §4.5).
 */
export class EntryBuilder implements PxarEntry {
  kind: EntryKind = "file";
  metadata: Metadata | undefined = undefined;
  size = 0;
  contentPosition = -1;
  payloadOffset = -1;
  target: Uint8Array | undefined = undefined;
  targetPosition = -1;
  major = 0;
  minor = 0;
  damage: string | undefined = undefined;
  #hasGroupObject = false;
  #xattrNamesLength = 0;
  #xattrValuesLength = 0;

  constructor(readonly name: Uint8Array, readonly depth: number, readonly position: number) {}

  /** Reads ENTRY or ENTRY_V1. */
  stat(row: number, item: ItemBytes): void {
    const { view, start } = item;
    const metadata = new Metadata();
    if (view.getUint32(start + 4, true) !== 0) this.fail("mode is out of range");
    metadata.mode = view.getUint32(start, true);
    metadata.flags = view.getUint32(start + 8, true);
    metadata.uid = view.getUint32(start + 16, true);
    metadata.gid = view.getUint32(start + 20, true);
    if (row === format.ENTRY) {
      const high = view.getInt32(start + 28, true);
      metadata.mtimeSecs = high * 0x1_0000_0000 + view.getUint32(start + 24, true);
      if (metadata.mtimeSecs > LATEST_SECOND) metadata.mtimeSecs = LATEST_SECOND;
      metadata.mtimeNanos = view.getUint32(start + 32, true);
      if (metadata.mtimeNanos >= format.NANOS_PER_SECOND) {
        this.fail("time has too many nanoseconds");
      }
    } else {
      const nanos = view.getBigUint64(start + 24, true);
      const second = BigInt(format.NANOS_PER_SECOND);
      metadata.mtimeSecs = Number(nanos / second);
      metadata.mtimeNanos = Number(nanos % second);
    }
    switch (metadata.mode & S_IFMT) {
      case S_IFREG:
        this.kind = "file";
        break;
      case S_IFDIR:
        this.kind = "directory";
        break;
      case S_IFLNK:
        this.kind = "symlink";
        break;
      case S_IFCHR:
      case S_IFBLK:
        this.kind = "device";
        break;
      case S_IFIFO:
        this.kind = "fifo";
        break;
      case S_IFSOCK:
        this.kind = "socket";
        break;
      default:
        this.fail(`mode 0${metadata.mode.toString(8)} has no known file type`);
    }
    this.metadata = metadata;
  }

  /**
   * Reads an attribute item; none is kept of an entry that has too many (see {@linkcode PxarEntry}).
   *
   * @returns whether it was one.
   */
  attribute(row: number, item: ItemBytes): boolean {
    if (this.damage !== undefined) return format.IS_ATTRIBUTE[row]!;
    const metadata = this.metadata!;
    switch (row) {
      case format.XATTR:
        (metadata.xattrs ??= []).push(this.#xattr(item));
        this.#countXattr(metadata.xattrs.at(-1)!);
        return true;
      case format.FCAPS:
        if (metadata.fcaps !== undefined) this.fail("entry has two FCAPS items");
        metadata.fcaps = item.bytes.slice(item.start, item.end);
        return true;
      case format.QUOTA_PROJID:
        if (metadata.projectId !== undefined) this.fail("entry has two QUOTA_PROJID items");
        metadata.projectId = this.#number(item, 0);
        return true;
      case format.ACL_USER:
      case format.ACL_GROUP:
      case format.ACL_GROUP_OBJ:
      case format.ACL_DEFAULT:
      case format.ACL_DEFAULT_USER:
      case format.ACL_DEFAULT_GROUP:
        this.#acl(metadata.acl ??= new Attributes(), row, item);
        return true;
      default:
        return false;
    }
  }

  /** Ends a symlink. */
  symlink(item: ItemBytes): void {
    this.#require("symlink", "SYMLINK");
    this.target = this.#text(item, item.start, "symlink target");
  }

  /** Ends a device. */
  device(item: ItemBytes): void {
    this.#require("device", "DEVICE");
    this.major = this.#number(item, 0);
    this.minor = this.#number(item, 8);
  }

  /** Ends a hard link. */
  hardlink(item: ItemBytes): void {
    this.kind = "hardlink";
    const distance = this.#number(item, 0);
    if (distance === 0 || distance > this.position) {
      this.fail(`hard link over a distance of ${distance} leads out of the archive`);
    }
    this.targetPosition = this.position - distance;
    const { bytes, start, end } = item;
    if (bytes[end - 1] !== 0 || !isPlainPath(bytes, start + 8, end - 1)) {
      this.fail("hard link target is not a plain relative path");
    }
    this.target = bytes.slice(start + 8, end - 1);
  }

  /** Ends a regular file of a version 1 archive. @param content Position of its content. */
  payload(version: number, size: number, content: number): void {
    this.#require("file", "PAYLOAD");
    if (version !== 1) this.fail("split archive has content in its metadata stream");
    this.size = size;
    this.contentPosition = content;
  }

  /** Ends a regular file of a split archive. */
  payloadReference(version: number, item: ItemBytes): void {
    this.#require("file", "PAYLOAD_REF");
    if (version !== 2) this.fail("reference to a payload stream in an archive of version 1");
    this.payloadOffset = this.#number(item, 0);
    this.size = this.#number(item, 8);
    if (this.payloadOffset < format.HEADER_SIZE) this.fail("content lies in the start marker");
    if (!Number.isSafeInteger(this.payloadOffset + format.HEADER_SIZE + this.size)) {
      this.fail("content ends beyond any payload stream");
    }
  }

  /** Ends an entry that has no item of its own for that: a directory, fifo or socket. */
  end(): void {
    if (this.kind !== "directory" && this.kind !== "fifo" && this.kind !== "socket") {
      this.fail(`${this.kind} without content or target`);
    }
  }

  /** @throws {CorruptDataError} naming the entry. */
  fail(problem: string): never {
    const name = this.name.byteLength === 0 ? "/" : new TextDecoder().decode(this.name);
    throw new CorruptDataError(`archive: entry "${name}" at ${this.position}: ${problem}`);
  }

  #require(kind: EntryKind, item: string): void {
    if (this.kind !== kind) this.fail(`${item} item in a ${this.kind}`);
  }

  #number(item: ItemBytes, offset: number): number {
    const at = item.start + offset;
    const high = item.view.getUint32(at + 4, true);
    if (high > 0x1f_ffff) this.fail("number is out of range");
    return high * 0x1_0000_0000 + item.view.getUint32(at, true);
  }

  #text(item: ItemBytes, start: number, what: string): Uint8Array {
    const last = item.end - 1;
    if (item.bytes[last] !== 0) this.fail(`${what} does not end with NUL`);
    const text = item.bytes.slice(start, last);
    if (text.byteLength === 0 || text.includes(0)) {
      this.fail(`${what} is empty or holds a NUL byte`);
    }
    return text;
  }

  #xattr(item: ItemBytes): Xattr {
    const { bytes, start, end } = item;
    let split = start;
    while (split < end && bytes[split] !== 0) split++;
    if (split === start || split === end) this.fail("extended attribute without a proper name");
    return { name: bytes.slice(start, split), value: bytes.slice(split + 1, end) };
  }

  #countXattr({ name, value }: Xattr): void {
    this.#xattrNamesLength += name.byteLength + 1;
    this.#xattrValuesLength += value.byteLength;
    if (
      this.#xattrNamesLength > format.MAX_XATTR_NAMES_LENGTH ||
      this.#xattrValuesLength > format.MAX_XATTR_VALUES_LENGTH
    ) {
      this.#dropAttributes("extended attributes");
    }
  }

  /** Rights that an ACL may have limited are not given to others. */
  #dropAttributes(what: string): void {
    const metadata = this.metadata!;
    this.damage = `has more ${what} than a file can have`;
    metadata.xattrs = undefined;
    metadata.acl = undefined;
    metadata.fcaps = undefined;
    metadata.mode &= S_IFMT | 0o700;
  }

  #acl(acl: Attributes, row: number, item: ItemBytes): void {
    switch (row) {
      case format.ACL_USER:
        this.#addAclEntry(acl.users, acl.groups, item);
        break;
      case format.ACL_GROUP:
        this.#addAclEntry(acl.groups, acl.users, item);
        break;
      case format.ACL_DEFAULT_USER:
        this.#addAclEntry(acl.defaultUsers, acl.defaultGroups, item);
        break;
      case format.ACL_DEFAULT_GROUP:
        this.#addAclEntry(acl.defaultGroups, acl.defaultUsers, item);
        break;
      case format.ACL_GROUP_OBJ:
        if (this.#hasGroupObject) this.fail("entry has two ACL_GROUP_OBJ items");
        this.#hasGroupObject = true;
        acl.groupObject = this.#permissions(item, 0);
        break;
      default:
        if (acl.default !== undefined) this.fail("entry has two ACL_DEFAULT items");
        acl.default = {
          user: this.#permissions(item, 0),
          group: this.#permissions(item, 8),
          other: this.#permissions(item, 16),
          mask: this.#permissions(item, 24),
        };
    }
  }

  /** @param others Of the same ACL. */
  #addAclEntry(entries: AclEntry[], others: readonly AclEntry[], item: ItemBytes): void {
    entries.push(this.#aclEntry(item));
    if (entries.length + others.length > format.MAX_ACL_ENTRIES) {
      this.#dropAttributes("ACL entries");
    }
  }

  #aclEntry(item: ItemBytes): AclEntry {
    const id = this.#number(item, 0);
    const permissions = this.#permissions(item, 8);
    if (id > ALL_ONES || permissions === undefined) this.fail("ACL names nobody or gives nothing");
    return { id, permissions };
  }

  /** Permissions, `undefined` for all ones: "not set" (spec: pxar.md §1.4). */
  #permissions(item: ItemBytes, offset: number): number | undefined {
    const low = item.view.getUint32(item.start + offset, true);
    const high = item.view.getUint32(item.start + offset + 4, true);
    if (low === ALL_ONES && high === ALL_ONES) return undefined;
    if (high !== 0 || low > 7) this.fail("ACL permissions are out of range");
    return low;
  }
}

/**
 * The name in a FILENAME item as a copy, checked by the rules for names (spec: pxar.md §1.7).
 *
 * @param position Of the item, for error messages.
 */
export function readName(item: ItemBytes, position: number): Uint8Array {
  const { bytes, start, end } = item;
  const length = end - 1 - start;
  let valid = length > 0 && bytes[end - 1] === 0;
  for (let i = start; i < end - 1; i++) {
    const byte = bytes[i]!;
    if (byte === 0 || byte === SLASH) valid = false;
  }
  if (bytes[start] === DOT && (length === 1 || length === 2 && bytes[start + 1] === DOT)) {
    valid = false;
  }
  if (!valid) throw new CorruptDataError(`archive: file name at ${position} is not allowed`);
  return bytes.slice(start, end - 1);
}

/** The name of the root. */
export const ROOT_NAME: Uint8Array = NO_BYTES;
