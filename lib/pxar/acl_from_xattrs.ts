import { ByteReader } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./acl_xattr_format.ts";
import type { Acl, AclDefault, AclEntry } from "./metadata.ts";

/** The records of one ACL attribute, sorted out by tag. */
interface AclRecords {
  users: AclEntry[];
  groups: AclEntry[];
  userObject: number | undefined;
  groupObject: number | undefined;
  mask: number | undefined;
  other: number | undefined;
}

/**
 * The ACL an archive keeps for the values of the two ACL attributes (spec: pxar.md §5.8).
 *
 * @param access Value of `system.posix_acl_access`, `undefined` if there is none.
 * @param byDefault Value of `system.posix_acl_default`; only directories have one.
 * @returns `undefined` if everything is in the mode bits already.
 * @throws {CorruptDataError} on a value of another version or length, or with an unknown tag.
 */
export function aclFromXattrs(
  access: Uint8Array | undefined,
  byDefault: Uint8Array | undefined,
): Acl | undefined {
  const own = readRecords(access, format.ACL_ACCESS_XATTR);
  const inherited = readRecords(byDefault, format.ACL_DEFAULT_XATTR);
  const groupObject = own.mask === undefined ? undefined : own.groupObject;
  const defaults: AclDefault = {
    user: inherited.userObject,
    group: inherited.groupObject,
    other: inherited.other,
    mask: inherited.mask,
  };
  const hasDefaults = Object.values(defaults).some((permissions) => permissions !== undefined);
  const named = own.users.length + own.groups.length + inherited.users.length +
    inherited.groups.length;
  if (named === 0 && groupObject === undefined && !hasDefaults) return undefined;
  return {
    users: own.users,
    groups: own.groups,
    groupObject,
    default: hasDefaults ? defaults : undefined,
    defaultUsers: inherited.users,
    defaultGroups: inherited.groups,
  };
}

function readRecords(value: Uint8Array | undefined, name: string): AclRecords {
  const records: AclRecords = {
    users: [],
    groups: [],
    userObject: undefined,
    groupObject: undefined,
    mask: undefined,
    other: undefined,
  };
  if (value === undefined) return records;
  const reader = new ByteReader(value, name);
  const version = reader.u32();
  if (version !== format.ACL_XATTR_VERSION) {
    throw new CorruptDataError(`${name}: version ${version} is not known`);
  }
  while (reader.remaining > 0) {
    const head = reader.u32();
    addRecord(records, name, head & 0xffff, head >>> 16, reader.u32());
  }
  for (const list of [records.users, records.groups]) {
    list.sort((a, b) => a.id - b.id || a.permissions - b.permissions);
  }
  return records;
}

function addRecord(
  records: AclRecords,
  name: string,
  tag: number,
  permissions: number,
  id: number,
): void {
  if (permissions > 7) {
    throw new CorruptDataError(`${name}: permissions ${permissions} are not known`);
  }
  switch (tag) {
    case format.ACL_TAG_USER_OBJ:
      records.userObject = permissions;
      break;
    case format.ACL_TAG_USER:
      records.users.push({ id, permissions });
      break;
    case format.ACL_TAG_GROUP_OBJ:
      records.groupObject = permissions;
      break;
    case format.ACL_TAG_GROUP:
      records.groups.push({ id, permissions });
      break;
    case format.ACL_TAG_MASK:
      records.mask = permissions;
      break;
    case format.ACL_TAG_OTHER:
      records.other = permissions;
      break;
    default:
      throw new CorruptDataError(`${name}: tag ${tag} is not known`);
  }
}
