import { assertEquals } from "@std/assert";
import { metadataRecords } from "./metadata_records.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: string | Uint8Array) =>
  typeof value === "string" ? value : new TextDecoder().decode(value);
const ALL = { xattrs: true, fcaps: true, acls: true };
const METADATA = {
  mode: 0o100664,
  uid: 0,
  gid: 0,
  mtimeSecs: 0,
  mtimeNanos: 0,
  flags: 0,
  xattrs: [{ name: bytes("user.a=%"), value: bytes("v") }],
  fcaps: bytes("caps"),
  acl: {
    users: [{ id: 1000, permissions: 5 }],
    groups: [{ id: 7, permissions: 0 }],
    groupObject: 4,
    default: { user: 7, group: 5, other: 0, mask: undefined },
    defaultUsers: [],
    defaultGroups: [],
  },
};

Deno.test("metadataRecords() has a record for each attribute and ACL", () => {
  assertEquals(
    metadataRecords(METADATA, ALL).map(({ key, value }) => `${text(key)} ${text(value)}`),
    [
      "SCHILY.xattr.user.a%3D%25 v",
      "SCHILY.xattr.security.capability caps",
      "SCHILY.acl.access " +
      "user::rw-,user:1000:r-x,group::r--,group:7:---,mask::rw-,other::r--",
      "SCHILY.acl.default user::rwx,group::r-x,other::---",
    ],
  );
});

Deno.test("metadataRecords() leaves out what is not wanted, and ACLs that say nothing", () => {
  assertEquals(metadataRecords(METADATA, { xattrs: false, fcaps: false, acls: false }), []);
  const empty = { users: [], groups: [], defaultUsers: [], defaultGroups: [] };
  assertEquals(metadataRecords({ ...METADATA, xattrs: [], fcaps: undefined, acl: empty }, ALL), []);
});
