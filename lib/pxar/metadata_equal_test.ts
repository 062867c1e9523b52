import { assertEquals } from "@std/assert";
import type { Acl, EntryMetadata } from "./metadata.ts";
import { metadataEqual } from "./metadata_equal.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const acl: Acl = {
  users: [{ id: 1, permissions: 6 }],
  groups: [{ id: 2, permissions: 5 }],
  groupObject: 5,
  default: { user: 7, group: 5, other: 0, mask: undefined },
  defaultUsers: [{ id: 3, permissions: 4 }],
  defaultGroups: [{ id: 4, permissions: 4 }],
};
const complete = (): EntryMetadata => ({
  mode: 0o100644,
  uid: 1,
  gid: 2,
  mtimeSecs: -1,
  mtimeNanos: 5,
  flags: 0x500000,
  xattrs: [{ name: bytes("user.a"), value: bytes("1") }, {
    name: bytes("user.b"),
    value: bytes(""),
  }],
  acl: structuredClone(acl),
  fcaps: bytes("caps"),
  projectId: 42,
});

Deno.test("metadataEqual() notices a difference in every member", () => {
  assertEquals(metadataEqual(complete(), complete()), true);
  const [a, b] = complete().xattrs!;
  const different: Partial<EntryMetadata>[] = [
    { mode: 0o100645 },
    { uid: 2 },
    { gid: 1 },
    { mtimeSecs: 0 },
    { mtimeNanos: 6 },
    { flags: 0 },
    { xattrs: undefined },
    { xattrs: [a!] },
    { xattrs: [b!, a!] },
    { acl: undefined },
    { acl: { ...acl, users: [] } },
    { acl: { ...acl, users: [{ id: 1, permissions: 7 }] } },
    { acl: { ...acl, groups: [{ id: 3, permissions: 5 }] } },
    { acl: { ...acl, groupObject: undefined } },
    { acl: { ...acl, default: undefined } },
    { acl: { ...acl, default: { ...acl.default!, mask: 0 } } },
    { acl: { ...acl, defaultUsers: [] } },
    { acl: { ...acl, defaultGroups: [] } },
    { fcaps: undefined },
    { fcaps: bytes("capz") },
    { projectId: undefined },
  ];
  for (const change of different) {
    assertEquals(
      metadataEqual(complete(), { ...complete(), ...change }),
      false,
      Deno.inspect(change),
    );
    assertEquals(
      metadataEqual({ ...complete(), ...change }, complete()),
      false,
      Deno.inspect(change),
    );
  }
});

Deno.test("metadataEqual() compares values of extended attributes only on request", () => {
  const xattrs = complete().xattrs!.map(({ name }) => ({ name, value: bytes("other") }));
  assertEquals(metadataEqual(complete(), { ...complete(), xattrs }), true);
  assertEquals(metadataEqual(complete(), { ...complete(), xattrs }, true), false);
});

Deno.test("metadataEqual() takes absent and empty for the same", () => {
  const { xattrs: _, acl: __, fcaps: ___, projectId: ____, ...plain } = complete();
  const none = { users: [], groups: [], defaultUsers: [], defaultGroups: [] };
  assertEquals(metadataEqual(plain, { ...plain, xattrs: [], acl: none }), true);
});
