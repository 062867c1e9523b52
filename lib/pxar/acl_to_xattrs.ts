import { ByteWriter } from "../bytes/mod.ts";
import * as format from "./acl_xattr_format.ts";
import type { Acl, AclEntry } from "./metadata.ts";

/** Values for the two ACL attributes of one entry. */
export interface AclXattrs {
  /** Value for `system.posix_acl_access`. */
  readonly access: Uint8Array<ArrayBuffer>;
  /** Value for `system.posix_acl_default`; `undefined` if the archive has no default ACL. */
  readonly byDefault: Uint8Array<ArrayBuffer> | undefined;
  /** The archive lacked the owning group's permissions although it names users or groups. */
  readonly incomplete: boolean;
}

/**
 * The values of the ACL attributes for what an archive holds, in the order the kernel demands
 * (spec: pxar.md §6.7). Base entries of a default ACL that are "not set" are left out.
 *
 * @param mode Complete mode of the entry: it holds the owner, others and the mask.
 */
export function aclToXattrs(acl: Acl, mode: number): AclXattrs {
  const groupBits = (mode >> 3) & 7;
  const named = acl.users.length + acl.groups.length > 0;
  const access = encode({
    user: (mode >> 6) & 7,
    users: acl.users,
    group: acl.groupObject ?? groupBits,
    groups: acl.groups,
    mask: acl.groupObject !== undefined || named ? groupBits : undefined,
    other: mode & 7,
  });
  const byDefault = acl.default &&
    encode({ ...acl.default, users: acl.defaultUsers, groups: acl.defaultGroups });
  return { access, byDefault, incomplete: acl.groupObject === undefined && named };
}

/** Permissions of an ACL attribute; absent ones have no record. */
interface AclPermissions {
  readonly user?: number | undefined;
  readonly users: readonly AclEntry[];
  readonly group?: number | undefined;
  readonly groups: readonly AclEntry[];
  readonly mask?: number | undefined;
  readonly other?: number | undefined;
}

function encode(
  { user, users, group, groups, mask, other }: AclPermissions,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64);
  const record = (tag: number, permissions: number | undefined, id: number) => {
    if (permissions === undefined) return;
    writer.u32(tag | (permissions & 7) << 16);
    writer.u32(id);
  };
  const byId = (a: AclEntry, b: AclEntry) => a.id - b.id;
  writer.u32(format.ACL_XATTR_VERSION);
  record(format.ACL_TAG_USER_OBJ, user, format.ACL_UNDEFINED_ID);
  for (const entry of users.toSorted(byId)) {
    record(format.ACL_TAG_USER, entry.permissions, entry.id);
  }
  record(format.ACL_TAG_GROUP_OBJ, group, format.ACL_UNDEFINED_ID);
  for (const entry of groups.toSorted(byId)) {
    record(format.ACL_TAG_GROUP, entry.permissions, entry.id);
  }
  record(format.ACL_TAG_MASK, mask, format.ACL_UNDEFINED_ID);
  record(format.ACL_TAG_OTHER, other, format.ACL_UNDEFINED_ID);
  return writer.finish();
}
