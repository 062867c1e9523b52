import { bytesEqual } from "../bytes/mod.ts";
import {
  ACL_ACCESS_XATTR,
  ACL_DEFAULT_XATTR,
  DEFAULT_RESTORED_ATTRIBUTE_FLAGS,
  type EntryMetadata,
  linuxFlagsFromAttributes,
  metadataEqual,
  S_IFLNK,
  S_IFMT,
  type Xattr,
} from "../pxar/mod.ts";
import type { RestoreRequest } from "./restore_request.ts";

/** Kinds of metadata that may be left out. */
export type IgnoredMetadata = Pick<
  RestoreRequest,
  | "ignoreAcls"
  | "ignoreFcaps"
  | "ignoreFlags"
  | "ignoreXattrs"
  | "ignoreOwnership"
  | "ignorePermissions"
>;

/** How the metadata of an entry that exists differs from the archive's. */
export interface EntryDifference {
  /** Words for people; empty if nothing differs. */
  readonly parts: readonly string[];
  /** Names of attributes that it must not have. */
  readonly removedXattrs: readonly Uint8Array[];
}

const SAME: EntryDifference = { parts: [], removedXattrs: [] };
const PERMISSIONS = 0o7777;
const encoder = new TextEncoder();
const CAPABILITY = encoder.encode("security.capability");
const ACL_NAMES = [ACL_ACCESS_XATTR, ACL_DEFAULT_XATTR].map((name) => encoder.encode(name));

/**
 * Compares what a restore would apply. Flags of FAT count as equal: not every file system has them.
 *
 * @param wanted Of the archive.
 * @param found Of the entry that exists, which is of the same type.
 */
export function entryDifference(
  wanted: EntryMetadata,
  found: EntryMetadata,
  ignored: IgnoredMetadata,
): EntryDifference {
  const sameTime = wanted.mtimeSecs === found.mtimeSecs && wanted.mtimeNanos === found.mtimeNanos;
  const sameOwner = ignored.ignoreOwnership ||
    wanted.uid === found.uid && wanted.gid === found.gid;
  const sameMode = ignored.ignorePermissions || (wanted.mode & S_IFMT) === S_IFLNK ||
    ((wanted.mode ^ found.mode) & PERMISSIONS) === 0;
  const sameFlags = ignored.ignoreFlags ||
    wanted.flags === found.flags || linuxFlags(wanted) === linuxFlags(found);
  const isPlain = hasNoMore(wanted) && hasNoMore(found);
  if (isPlain && sameTime && sameOwner && sameMode && sameFlags) return SAME;

  const removed: Uint8Array[] = [];
  const parts = [
    ...sameTime ? [] : ["time"],
    ...sameOwner ? [] : ["owner"],
    ...sameMode ? [] : ["permissions"],
    ...sameFlags ? [] : ["flags"],
  ];
  if (isPlain) return { parts, removedXattrs: removed };
  const compare = (word: string, isIgnored: boolean, isSame: boolean, remove: () => void) => {
    if (isIgnored || isSame) return;
    parts.push(word);
    remove();
  };
  compare("project", ignored.ignoreFlags, wanted.projectId === found.projectId, () => {});
  compare("capabilities", ignored.ignoreFcaps, sameWith(wanted, found, "fcaps"), () => {
    if (wanted.fcaps === undefined) removed.push(CAPABILITY);
  });
  compare("ACL", ignored.ignoreAcls, sameWith(wanted, found, "acl"), () => {
    if (wanted.acl === undefined) removed.push(...ACL_NAMES);
    else if (wanted.acl.default === undefined) removed.push(ACL_NAMES[1]!);
  });
  const names = wanted.xattrs ?? [];
  const others = (found.xattrs ?? []).filter(({ name }) =>
    !names.some((x) => bytesEqual(x.name, name))
  );
  const sameXattrs = others.length === 0 && names.every((xattr) => hasXattr(found, xattr));
  compare("attributes", ignored.ignoreXattrs, sameXattrs, () => {
    removed.push(...others.map(({ name }) => name));
  });
  return { parts, removedXattrs: removed };
}

function hasNoMore({ xattrs, acl, fcaps, projectId }: EntryMetadata): boolean {
  return xattrs === undefined && acl === undefined && fcaps === undefined &&
    projectId === undefined;
}

function linuxFlags({ flags }: EntryMetadata): number {
  return linuxFlagsFromAttributes(flags & DEFAULT_RESTORED_ATTRIBUTE_FLAGS);
}

function hasXattr({ xattrs = [] }: EntryMetadata, { name, value }: Xattr): boolean {
  return xattrs.some((found) => bytesEqual(found.name, name) && bytesEqual(found.value, value));
}

const BARE: EntryMetadata = { mode: 0, uid: 0, gid: 0, mtimeSecs: 0, mtimeNanos: 0, flags: 0 };

function sameWith(a: EntryMetadata, b: EntryMetadata, part: "acl" | "fcaps"): boolean {
  return metadataEqual({ ...BARE, [part]: a[part] }, { ...BARE, [part]: b[part] });
}
