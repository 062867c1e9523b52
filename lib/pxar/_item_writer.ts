import { PbsError } from "../errors/mod.ts";
import * as format from "./format.ts";
import type { Acl, AclEntry, EntryMetadata } from "./metadata.ts";
import { isPlainPath } from "./_plain_path.ts";
import { writeHeader, writeU64 } from "./_write_item.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const NOT_SET = 0xffff_ffff;

/** Collects the items of one entry in a buffer that is used again and again. */
export class ItemWriter {
  #bytes = new Uint8Array(16 * 1024);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes collected. */
  length = 0;

  /** Forgets what was collected. */
  clear(): void {
    this.length = 0;
  }

  /** The collected bytes; valid until the next call that adds something. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Makes room for an item, writes its header and returns where its content goes. */
  item(row: number, contentSize: number): number {
    if (
      contentSize < format.ITEM_MIN_CONTENT[row]! || contentSize > format.ITEM_MAX_CONTENT[row]!
    ) {
      const name = format.ITEM_TYPES[row]![0];
      throw new PbsError(`${name} item cannot hold ${contentSize} bytes`);
    }
    return this.header(row, contentSize, contentSize);
  }

  /** Writes the header of an item whose content may follow elsewhere; `room` bytes are reserved. */
  header(row: number, contentSize: number, room: number): number {
    const at = this.length;
    const end = at + format.HEADER_SIZE + room;
    if (end > this.#bytes.byteLength) this.#grow(end);
    writeHeader(
      this.#view,
      at,
      format.ITEM_TYPE_LOW[row]!,
      format.ITEM_TYPE_HIGH[row]!,
      format.HEADER_SIZE + contentSize,
    );
    this.length = end;
    return at + format.HEADER_SIZE;
  }

  /** Adds a FILENAME item after checking the name (spec: pxar.md §1.7). */
  filename(name: Uint8Array): void {
    const length = name.byteLength;
    if (length === 0 || length > format.MAX_NAME_LENGTH) {
      throw new PbsError(`file name of ${length} bytes cannot be archived`);
    }
    if (name[0] === DOT && (length === 1 || length === 2 && name[1] === DOT)) {
      throw new PbsError(`file name "${length === 1 ? "." : ".."}" cannot be archived`);
    }
    let at = this.item(format.FILENAME, length + 1);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const byte = name[i]!;
      if (byte === 0 || byte === SLASH) throw new PbsError("file name with a slash or NUL byte");
      bytes[at++] = byte;
    }
    bytes[at] = 0;
  }

  /** Adds the ENTRY item (spec: pxar.md §1.4). */
  stat(metadata: EntryMetadata): void {
    const { mtimeSecs, mtimeNanos } = metadata;
    if (
      !(mtimeNanos >= 0 && mtimeNanos < format.NANOS_PER_SECOND) ||
      Math.floor(mtimeSecs) !== mtimeSecs
    ) {
      throw new PbsError(`time of ${mtimeSecs} s and ${mtimeNanos} ns cannot be archived`);
    }
    const at = this.header(format.ENTRY, format.STAT_SIZE, format.STAT_SIZE);
    const view = this.#view;
    view.setUint32(at, metadata.mode, true);
    view.setUint32(at + 4, 0, true);
    view.setUint32(at + 8, metadata.flags, true);
    view.setUint32(at + 12, 0, true);
    view.setUint32(at + 16, metadata.uid, true);
    view.setUint32(at + 20, metadata.gid, true);
    view.setUint32(at + 24, mtimeSecs, true);
    view.setUint32(at + 28, Math.floor(mtimeSecs / 0x1_0000_0000), true);
    view.setUint32(at + 32, mtimeNanos, true);
    view.setUint32(at + 36, 0, true);
  }

  /** Adds the attribute items, in their order (spec: pxar.md §1.5). */
  attributes(metadata: EntryMetadata): void {
    const { xattrs, acl, fcaps, projectId } = metadata;
    if (xattrs !== undefined) {
      for (const { name, value } of xattrs) this.#xattr(name, value);
    }
    if (acl !== undefined) this.#acl(acl);
    if (fcaps !== undefined) this.opaque(format.FCAPS, fcaps);
    if (projectId !== undefined) this.u64s(format.QUOTA_PROJID, projectId);
  }

  /** Adds an item whose content has no structure. */
  opaque(row: number, content: Uint8Array): void {
    const at = this.item(row, content.byteLength);
    this.#bytes.set(content, at);
  }

  /** Adds an item that consists of one or two numbers. */
  u64s(row: number, first: number, second?: number): void {
    const at = this.item(row, second === undefined ? 8 : 16);
    writeU64(this.#view, at, first);
    if (second !== undefined) writeU64(this.#view, at + 8, second);
  }

  /** Adds a SYMLINK item: bytes and a final NUL. */
  symlink(target: Uint8Array): void {
    if (target.includes(0)) throw new PbsError("symlink target with a NUL byte");
    this.#terminated(this.item(format.SYMLINK, target.byteLength + 1), target);
  }

  /** Adds a HARDLINK item. @param path Target, relative to the archive root. */
  hardlink(distance: number, path: Uint8Array): void {
    if (!isPlainPath(path, 0, path.byteLength)) {
      throw new PbsError("hard link target is not a plain relative path");
    }
    const at = this.item(format.HARDLINK, 8 + path.byteLength + 1);
    writeU64(this.#view, at, distance);
    this.#terminated(at + 8, path);
  }

  #terminated(at: number, text: Uint8Array): void {
    this.#bytes.set(text, at);
    this.#bytes[at + text.byteLength] = 0;
  }

  #xattr(name: Uint8Array, value: Uint8Array): void {
    if (name.byteLength === 0 || name.includes(0)) {
      throw new PbsError("extended attribute with an empty name or a NUL byte in it");
    }
    const content = name.byteLength + 1 + value.byteLength;
    if (content > format.MAX_XATTR_CONTENT) {
      const shown = new TextDecoder().decode(name.subarray(0, 255));
      throw new PbsError(`extended attribute "${shown}" of ${value.byteLength} bytes is too long`);
    }
    const at = this.item(format.XATTR, content);
    this.#terminated(at, name);
    this.#bytes.set(value, at + name.byteLength + 1);
  }

  #acl(acl: Acl): void {
    this.#aclEntries(format.ACL_USER, acl.users);
    this.#aclEntries(format.ACL_GROUP, acl.groups);
    if (acl.groupObject !== undefined) {
      this.u64s(format.ACL_GROUP_OBJ, permissions(acl.groupObject));
    }
    if (acl.default !== undefined) {
      const { user, group, other, mask } = acl.default;
      let at = this.item(format.ACL_DEFAULT, 32);
      for (const value of [user, group, other, mask]) {
        this.#view.setUint32(at, value === undefined ? NOT_SET : permissions(value), true);
        this.#view.setUint32(at + 4, value === undefined ? NOT_SET : 0, true);
        at += 8;
      }
    }
    this.#aclEntries(format.ACL_DEFAULT_USER, acl.defaultUsers);
    this.#aclEntries(format.ACL_DEFAULT_GROUP, acl.defaultGroups);
  }

  #aclEntries(row: number, entries: readonly AclEntry[]): void {
    for (const entry of entries) this.u64s(row, entry.id, permissions(entry.permissions));
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength));
    larger.set(this.view());
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** A view over `size` bytes to fill in place; counted as collected. */
  room(size: number): DataView {
    const at = this.length;
    if (at + size > this.#bytes.byteLength) this.#grow(at + size);
    this.length = at + size;
    return new DataView(this.#bytes.buffer, at, size);
  }

  /** Gives memory back that only an unusually large table or attribute needed. */
  shrink(): void {
    if (this.#bytes.byteLength <= 1024 * 1024) return;
    this.#bytes = new Uint8Array(16 * 1024);
    this.#view = new DataView(this.#bytes.buffer);
    this.length = 0;
  }
}

function permissions(value: number): number {
  if (value >>> 0 !== value || value > 7) {
    throw new PbsError(`ACL permissions ${value} are not within 0 to 7`);
  }
  return value;
}
