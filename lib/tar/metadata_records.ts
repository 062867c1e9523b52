import { concatBytes } from "../bytes/mod.ts";
import type { Acl, AclDefault, AclEntry, EntryMetadata } from "../pxar/mod.ts";
import type { PaxRecord } from "./tar_header.ts";

/** The kinds of metadata that records are made of. */
export interface TarAttributes {
  readonly xattrs: boolean;
  readonly fcaps: boolean;
  readonly acls: boolean;
}

const PERCENT = 0x25;
const EQUALS = 0x3d;
const encoder = new TextEncoder();
const XATTR_PREFIX = encoder.encode("SCHILY.xattr.");

/**
 * Records for extended attributes, file capabilities and ACLs, in the form that GNU tar, bsdtar and star
 * read. Users and groups of ACLs are numbers.
 *
 * @param wanted What of it there are to be records of.
 */
export function metadataRecords(metadata: EntryMetadata, wanted: TarAttributes): PaxRecord[] {
  const records: PaxRecord[] = [];
  if (wanted.xattrs) {
    for (const { name, value } of metadata.xattrs ?? []) records.push(xattrRecord(name, value));
  }
  if (wanted.fcaps && metadata.fcaps !== undefined) {
    records.push(xattrRecord(encoder.encode("security.capability"), metadata.fcaps));
  }
  const { acl } = metadata;
  if (wanted.acls && acl !== undefined) {
    const access = accessAcl(acl, metadata.mode);
    if (access !== undefined) records.push({ key: "SCHILY.acl.access", value: access });
    const byDefault = defaultAcl(acl);
    if (byDefault !== "") records.push({ key: "SCHILY.acl.default", value: byDefault });
  }
  return records;
}

/** Keys end at the first `=`: those within names are written as in URLs, and so is `%`. */
function xattrRecord(name: Uint8Array, value: Uint8Array): PaxRecord {
  if (!name.includes(EQUALS) && !name.includes(PERCENT)) {
    return { key: concatBytes([XATTR_PREFIX, name]), value };
  }
  const escaped: number[] = [];
  for (const byte of name) {
    if (byte === PERCENT) escaped.push(...encoder.encode("%25"));
    else if (byte === EQUALS) escaped.push(...encoder.encode("%3D"));
    else escaped.push(byte);
  }
  return { key: concatBytes([XATTR_PREFIX, Uint8Array.from(escaped)]), value };
}

/** Undefined if it says no more than the permission bits. With a mask, the group bits are the mask. */
function accessAcl(acl: Acl, mode: number): string | undefined {
  const isNamed = acl.users.length + acl.groups.length > 0;
  if (!isNamed && acl.groupObject === undefined) return undefined;
  const groupBits = mode >> 3;
  return aclText({
    user: mode >> 6,
    users: acl.users,
    group: acl.groupObject ?? groupBits,
    groups: acl.groups,
    mask: groupBits,
    other: mode,
  });
}

function defaultAcl(acl: Acl): string {
  const base = acl.default;
  if (base === undefined) return "";
  return aclText({ ...base, users: acl.defaultUsers, groups: acl.defaultGroups });
}

/** An ACL as its text lists it; base entries may be not set. */
interface AclParts extends AclDefault {
  readonly users: readonly AclEntry[];
  readonly groups: readonly AclEntry[];
}

/** The text of an ACL; base entries that are not set are left out. */
function aclText({ user, users, group, groups, mask, other }: AclParts): string {
  const base = (tag: string, permissions: number | undefined) =>
    permissions === undefined ? [] : [`${tag}::${permissionText(permissions)}`];
  const named = (tag: string, entries: readonly AclEntry[]) =>
    entries.map(({ id, permissions }) => `${tag}:${id}:${permissionText(permissions)}`);
  return [
    ...base("user", user),
    ...named("user", users),
    ...base("group", group),
    ...named("group", groups),
    ...base("mask", mask),
    ...base("other", other),
  ].join(",");
}

function permissionText(bits: number): string {
  return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
}
