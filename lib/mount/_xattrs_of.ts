import {
  ACL_ACCESS_XATTR,
  ACL_DEFAULT_XATTR,
  aclToXattrs,
  type EntryMetadata,
  type Xattr,
} from "../pxar/mod.ts";

const text = (name: string) => new TextEncoder().encode(name);
const CAPABILITY = text("security.capability");
const ACCESS = text(ACL_ACCESS_XATTR);
const DEFAULT = text(ACL_DEFAULT_XATTR);

/** All attributes of an entry as they were on the source: capabilities and ACLs among them. */
export function xattrsOf({ xattrs = [], fcaps, acl, mode }: EntryMetadata): Xattr[] {
  const all = [...xattrs];
  if (fcaps !== undefined) all.push({ name: CAPABILITY, value: fcaps });
  if (acl === undefined) return all;
  const { access, byDefault } = aclToXattrs(acl, mode);
  // Without more than the mode tells, there was no such list on the source.
  if (acl.groupObject !== undefined || acl.users.length + acl.groups.length > 0) {
    all.push({ name: ACCESS, value: access });
  }
  if (byDefault !== undefined) all.push({ name: DEFAULT, value: byDefault });
  return all;
}
