import type { CaptureBatch } from "../../ffi/capture.ts";
import {
  CAPTURE_ENTRY_BYTES,
  CAPTURE_XATTR_BYTES,
  CaptureEntryWord,
  CaptureXattrByte,
} from "../../ffi/native_layout.ts";
import {
  type Acl,
  ACL_ACCESS_XATTR,
  ACL_DEFAULT_XATTR,
  aclFromXattrs,
  attributeFlagsFromLinux,
  type EntryMetadata,
  type Xattr,
} from "../pxar/mod.ts";

const TWO_32 = 0x1_0000_0000;

/** Extended attributes of an entry, by purpose. */
interface XattrParts {
  xattrs: Xattr[] | undefined;
  acl: Acl | undefined;
  fcaps: Uint8Array | undefined;
}

const NO_XATTRS: XattrParts = { xattrs: undefined, acl: undefined, fcaps: undefined };
const FCAPS_XATTR = "security.capability";

/** Attribute flags as archives have them; most entries of a walk have those of the one before. */
export class CapturedFlags {
  #linux = 0;
  #archive = 0;

  /** Translates the flags of one entry. */
  translate(linuxFlags: number, fatAttributes: number): number {
    if (fatAttributes !== 0) return attributeFlagsFromLinux(linuxFlags, fatAttributes);
    if (linuxFlags !== this.#linux) {
      this.#archive = attributeFlagsFromLinux(linuxFlags);
      this.#linux = linuxFlags;
    }
    return this.#archive;
  }
}

/**
 * The metadata an archive keeps of a captured entry (spec: pxar.md §5.7).
 *
 * @param at Word index of the entry's record in the batch.
 * @param flags Kept by the walk.
 * @throws {CorruptDataError} if an ACL is malformed.
 */
export function capturedMetadata(
  batch: CaptureBatch,
  at: number,
  flags: CapturedFlags,
): EntryMetadata {
  const { words } = batch;
  const parts = words[at + CaptureEntryWord.xattrCount] === 0 ? NO_XATTRS : readXattrs(batch, at);
  const projectId = words[at + CaptureEntryWord.projectId]!;
  return {
    mode: words[at + CaptureEntryWord.mode]!,
    uid: words[at + CaptureEntryWord.uid]!,
    gid: words[at + CaptureEntryWord.gid]!,
    mtimeSecs: words[at + CaptureEntryWord.mtimeSecs]! +
      (words[at + CaptureEntryWord.mtimeSecs + 1]! | 0) * TWO_32,
    mtimeNanos: words[at + CaptureEntryWord.mtimeNanos]!,
    flags: flags.translate(
      words[at + CaptureEntryWord.fsFlags]!,
      words[at + CaptureEntryWord.fatAttributes]!,
    ),
    xattrs: parts.xattrs,
    acl: parts.acl,
    fcaps: parts.fcaps,
    projectId: projectId === 0 ? undefined : projectId,
  };
}

function readXattrs(batch: CaptureBatch, at: number): XattrParts {
  const { words, bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = at * 4 + CAPTURE_ENTRY_BYTES + words[at + CaptureEntryWord.nameLength]! +
    words[at + CaptureEntryWord.targetLength]!;
  const parts: XattrParts = { ...NO_XATTRS };
  let access: Uint8Array | undefined;
  let byDefault: Uint8Array | undefined;
  for (let count = words[at + CaptureEntryWord.xattrCount]!; count > 0; count--) {
    const nameAt = offset + CAPTURE_XATTR_BYTES;
    const nameEnd = nameAt + view.getUint32(offset + CaptureXattrByte.nameLength, true);
    const valueEnd = nameEnd + view.getUint32(offset + CaptureXattrByte.valueLength, true);
    const name = bytes.subarray(nameAt, nameEnd);
    const value = bytes.subarray(nameEnd, valueEnd);
    offset = valueEnd;
    switch (String.fromCharCode(...name)) {
      case ACL_ACCESS_XATTR:
        access = value;
        break;
      case ACL_DEFAULT_XATTR:
        byDefault = value;
        break;
      case FCAPS_XATTR:
        parts.fcaps = value;
        break;
      default:
        (parts.xattrs ??= []).push({ name, value });
    }
  }
  if (access !== undefined || byDefault !== undefined) {
    parts.acl = aclFromXattrs(access, byDefault);
  }
  return parts;
}
