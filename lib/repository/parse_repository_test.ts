import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import { describeRepository, isRepositoryText, parseRepository } from "./parse_repository.ts";
import { isIpv6, isServerName, vsockCidOf } from "./parse_repository_rules.ts";

/** Spec: cli.md §2.1, with the defaults filled in. */
const TABLE: [string, string, string, number, string][] = [
  ["tank", "root@pam", "localhost", 8007, "tank"],
  ["pbs1:tank", "root@pam", "pbs1", 8007, "tank"],
  ["pbs1:8443:tank", "root@pam", "pbs1", 8443, "tank"],
  ["joe@pbs@pbs1:tank", "joe@pbs", "pbs1", 8007, "tank"],
  ["joe@pbs!ci@10.0.0.9:9000:tank", "joe@pbs!ci", "10.0.0.9", 9000, "tank"],
  ["joe@corp.example@ad@pbs1:tank", "joe@corp.example@ad", "pbs1", 8007, "tank"],
  ["[fd00::5]:tank", "root@pam", "[fd00::5]", 8007, "tank"],
  ["[fd00::5]:8443:tank", "root@pam", "[fd00::5]", 8443, "tank"],
  ["8443:tank", "root@pam", "8443", 8007, "tank"],
  ["127.0.0.1:08007:ta", "root@pam", "127.0.0.1", 8007, "ta"],
  ["[::ffff:127.0.0.1]:9000:tank", "root@pam", "[::ffff:127.0.0.1]", 9000, "tank"],
  // Ours.
  ["[vsock:2]:tank", "root@pam", "[vsock:2]", 8007, "tank"],
  ["[vsock:2]:9000:tank", "root@pam", "[vsock:2]", 9000, "tank"],
  ["joe@pbs!ci@[vsock:4294967294]:tank", "joe@pbs!ci", "[vsock:4294967294]", 8007, "tank"],
  ["[vsock:0]:vsock", "root@pam", "[vsock:0]", 8007, "vsock"],
  // No context ids: hosts and datastores that are called so.
  ["vsock:tank", "root@pam", "vsock", 8007, "tank"],
  ["vsock:2:tank", "root@pam", "vsock", 2, "tank"],
  ["vsock", "root@pam", "localhost", 8007, "vsock"],
];

Deno.test(`parseRepository() reads the ${TABLE.length} forms of a server's datastore`, () => {
  for (const [text, authId, host, port, datastore] of TABLE) {
    const address = parseRepository(text);
    if (address.kind !== "server") throw new Error(`'${text}' is taken for a directory`);
    assertEquals(
      [
        address.authId ?? "root@pam",
        address.host ?? "localhost",
        address.port ?? 8007,
        address.datastore,
      ],
      [authId, host, port, datastore],
      text,
    );
  }
});

Deno.test("parseRepository() refuses what is no repository", () => {
  const wrong = [
    "",
    "fd00::5:tank",
    "joe@pbs:tank",
    "[127.0.0.1]:tank",
    "[fe80::1%lo]:tank",
    "http://h/tank",
    "joe@pbs!@h:tank",
    "@h:tank",
    "h::tank",
    " tank",
    "tank ",
    "h:123456:tank",
    "test@pbs@:tank",
    "h:",
    "h:.x",
    "tank\n",
    "[vsock]:tank",
    "[vsock:]:tank",
    "[vsock:2",
    "[vsock:2]",
    "[vsock:2]:",
    "[vsock:2:tank",
    "[vsock:2]tank",
    "[vsock:2:8007]:tank",
    "[vsock:02]:tank",
    "[vsock:-1]:tank",
    "[vsock:+2]:tank",
    "[vsock:2 ]:tank",
    "[vsock: 2]:tank",
    "[vsock:0x2]:tank",
    "[vsock:2e0]:tank",
    "[vsock:\u0662]:tank",
    "[vsock:2\n]:tank",
    "[vsock:any]:tank",
    "[VSOCK:2]:tank",
    "[[vsock:2]]:tank",
    "[vsock:4294967295]:tank",
    "[vsock:4294967296]:tank",
    "[vsock:99999999999999999999]:tank",
    "[vsock:2]:123456:tank",
    "@[vsock:2]:tank",
    "joe@[vsock:2]:tank",
  ];
  for (const text of wrong) {
    assertThrows(() => parseRepository(text), UsageError, `'${text}'`);
    assertEquals(isRepositoryText(text), false, text);
  }
});

Deno.test("parseRepository() names a port or a realm that cannot exist", () => {
  assertThrows(() => parseRepository("h:65536:tank"), UsageError, "number too large");
  assertThrows(() => parseRepository("a@b@h:tank"), UsageError, "invalid realm in user id");
  assertThrows(() => parseRepository(`a@${"r".repeat(33)}@h:tank`), UsageError, "invalid realm");
});

Deno.test("parseRepository() takes a string with a slash for a directory", () => {
  for (const path of ["/srv/store", "./store", "../s", "a/b", "store/"]) {
    assertEquals(parseRepository(path), { kind: "directory", path });
  }
});

Deno.test("describeRepository() shows as much as was given", () => {
  const cases = [
    ["tank", "tank"],
    ["pbs1:tank", "pbs1:tank"],
    ["pbs1:8443:tank", "pbs1:8443:tank"],
    ["joe@pbs@pbs1:tank", "joe@pbs@pbs1:8007:tank"],
    ["[vsock:2]:tank", "[vsock:2]:tank"],
    ["joe@pbs@[vsock:2]:tank", "joe@pbs@[vsock:2]:8007:tank"],
    ["/srv/store", "/srv/store"],
  ];
  for (const [text, shown] of cases) {
    assertEquals(describeRepository(parseRepository(text!)), shown);
  }
  assertEquals(
    describeRepository({ kind: "server", authId: "a@pbs", datastore: "tank" }),
    "a@pbs@localhost:8007:tank",
  );
  assertEquals(
    describeRepository({ kind: "server", port: 9, datastore: "tank" }),
    "localhost:9:tank",
  );
});

Deno.test("describeRepository() of any repository parses to the same repository", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,9}$/);
  const host = fc.oneof(
    fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9]{1,4})?$/),
    fc.ipV6().filter(isIpv6).map((address) => `[${address}]`),
    fc.nat(0xffff_fffe).map((cid) => `[vsock:${cid}]`),
  );
  const authId = fc.tuple(name, fc.stringMatching(/^[a-z]{2,8}$/), fc.option(name)).map((
    [user, realm, token],
  ) => `${user}@${realm}${token === null ? "" : `!${token}`}`);
  fc.assert(fc.property(authId, host, fc.nat(65535), name, (authId, host, port, datastore) => {
    const address = { kind: "server" as const, authId, host, port, datastore };
    assertEquals(parseRepository(describeRepository(address)), address);
  }));
});

Deno.test("isServerName() accepts names and addresses without port, brackets and zone", () => {
  for (const name of ["localhost", "a.b", "256.1.1.1", "::1", "::", "1:2:3:4:5:6:7:8", "vsock:2"]) {
    assertEquals(isServerName(name), true, name);
  }
  for (
    const name of [
      "[::1]",
      "a_b",
      "-a",
      "a-",
      "h:8007",
      "",
      "1:2:3:4:5:6:7",
      "fe80::1%lo",
      "vsock:x",
    ]
  ) {
    assertEquals(isServerName(name), false, name);
  }
});

Deno.test("vsockCidOf() knows context ids of machines, and nothing else", () => {
  fc.assert(fc.property(fc.nat(0xffff_fffe), (cid) => {
    assertEquals(vsockCidOf(`[vsock:${cid}]`), cid);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const cid = vsockCidOf(`[vsock:${text}]`);
    if (cid !== undefined) assertEquals(String(cid), text);
  }));
  for (const host of ["", "[]", "vsock:1", "[vsock:4294967295]", "[::1]", "[vsock:1]:8007"]) {
    assertEquals(vsockCidOf(host), undefined, host);
  }
});
