import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { aclFromXattrs } from "./acl_from_xattrs.ts";
import { aclToXattrs } from "./acl_to_xattrs.ts";
import type { Acl, AclEntry } from "./metadata.ts";

// spec: pxar.md §5.8
const ACCESS = "02000000" + "01000700ffffffff" + "02000600e8030000" + "02000400e9030000" +
  "04000500ffffffff" + "0800050064000000" + "10000700ffffffff" + "20000400ffffffff";
const BY_DEFAULT = "02000000" + "01000700ffffffff" + "02000700e9030000" + "04000500ffffffff" +
  "08000500d1070000" + "10000700ffffffff" + "20000000ffffffff";
const MINIMAL = "02000000" + "01000600ffffffff" + "04000400ffffffff" + "20000400ffffffff";

const expected: Acl = {
  users: [{ id: 1000, permissions: 6 }, { id: 1001, permissions: 4 }],
  groups: [{ id: 100, permissions: 5 }],
  groupObject: 5,
  default: { user: 7, group: 5, other: 0, mask: 7 },
  defaultUsers: [{ id: 1001, permissions: 7 }],
  defaultGroups: [{ id: 2001, permissions: 5 }],
};

Deno.test("aclFromXattrs() converts the examples of the specification", () => {
  assertEquals(aclFromXattrs(decodeHex(ACCESS), decodeHex(BY_DEFAULT)), expected);
  assertEquals(aclFromXattrs(decodeHex(MINIMAL), undefined), undefined);
  assertEquals(aclFromXattrs(undefined, undefined), undefined);
  assertEquals(aclFromXattrs(undefined, decodeHex(MINIMAL))?.default, {
    user: 6,
    group: 4,
    other: 4,
    mask: undefined,
  });
});

Deno.test("aclToXattrs() restores the examples of the specification", () => {
  const { access, byDefault, incomplete } = aclToXattrs(expected, 0o40774);
  assertEquals(encodeHex(access), ACCESS);
  assertEquals(byDefault && encodeHex(byDefault), BY_DEFAULT);
  assertEquals(incomplete, false);
});

Deno.test("aclToXattrs() makes up for a missing owning group from the mode", () => {
  const acl: Acl = { users: expected.users, groups: [], defaultUsers: [], defaultGroups: [] };
  const { access, byDefault, incomplete } = aclToXattrs(acl, 0o100754);
  assertEquals(
    encodeHex(access),
    "02000000" + "01000700ffffffff" + "02000600e8030000" + "02000400e9030000" +
      "04000500ffffffff" + "10000500ffffffff" + "20000400ffffffff",
  );
  assertEquals(byDefault, undefined);
  assertEquals(incomplete, true);
});

Deno.test("aclToXattrs() leaves out base entries that are not set", () => {
  const base = { user: undefined, group: undefined, other: undefined, mask: undefined };
  const acl: Acl = { users: [], groups: [], default: base, defaultUsers: [], defaultGroups: [] };
  assertEquals(aclToXattrs(acl, 0o40755).byDefault, decodeHex("02000000"));
});

Deno.test("aclFromXattrs() reads what aclToXattrs() made", () => {
  const permissions = fc.integer({ min: 0, max: 7 });
  const list = fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 0, max: 0xffff_fffe }), permissions }),
    { selector: (entry: AclEntry) => entry.id, maxLength: 5 },
  ).map((entries) => entries.sort((a, b) => a.id - b.id));
  const base = fc.record({
    user: permissions,
    group: permissions,
    other: permissions,
    mask: permissions,
  });
  const acl = fc.record({
    users: list,
    groups: list,
    groupObject: permissions,
    default: base,
    defaultUsers: list,
    defaultGroups: list,
  });
  fc.assert(fc.property(acl, fc.integer({ min: 0, max: 0o777 }), (acl, mode) => {
    const { access, byDefault } = aclToXattrs(acl, mode);
    assertEquals(aclFromXattrs(access, byDefault), acl);
  }));
});

Deno.test("aclFromXattrs() refuses what it does not know", () => {
  const cases = [
    "",
    "01000000",
    "0200000001",
    "0200000001000700ffffff",
    "0200000003000700ffffffff",
  ];
  for (const hex of [...cases, "0200000001000800ffffffff"]) {
    assertThrows(() => aclFromXattrs(decodeHex(hex), undefined), CorruptDataError, "access", hex);
    assertThrows(() => aclFromXattrs(undefined, decodeHex(hex)), CorruptDataError, "default", hex);
  }
});
